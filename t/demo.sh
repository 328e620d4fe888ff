#!/bin/bash
#
# What "make demo" starts, all in one temporary directory and on loopback:
# Redis, the carrier simulator, nginx with the module (which starts the
# fetcher), a dozen orders.  INT or TERM ends it and leaves nothing behind.
#
# DEMO_PORT     nginx's port (default: a free one)
# DEMO_SPEED    simulated seconds in a real one (default 600: a day in 2.4
#               minutes); parcels live from five days ago until now

root=$(cd "$(dirname "$0")/.." && pwd)
build=${WISMO_BUILD:-$root/build}
speed=${DEMO_SPEED:-600}
scale=$((speed * 4 < 10000 ? speed * 4 : 10000))

dir=
pids=()

# Everything started here is ended here, once, whatever the way out: nginx
# first, so that the fetcher still has its Redis, then the rest.

finish() {
    local status=$1 nginx= all i

    trap '' INT TERM HUP
    trap - EXIT

    [ -s "$dir/nginx.pid" ] && nginx=$(<"$dir/nginx.pid")
    all="$nginx $(family $nginx)"

    if [ -n "$nginx" ]; then
        kill -TERM "$nginx" 2>/dev/null
        gone 25 $all
    fi

    kill -TERM "${pids[@]}" 2>/dev/null
    gone 15 "${pids[@]}"
    kill -KILL $all "${pids[@]}" 2>/dev/null
    wait 2>/dev/null

    [ -n "$dir" ] && rm -rf "$dir"
    exit "$status"
}

# All below a process

family() {
    local pid

    for pid in $(cat "/proc/${1:-0}/task/${1:-0}/children" 2>/dev/null); do
        echo "$pid"
        family "$pid"
    done
}

# Waits for the end of processes, at most so many tenths of a second

gone() {
    local left=$1 pid
    shift

    for pid in "$@"; do
        while [ "$left" -gt 0 ] && [ -e "/proc/$pid" ] \
              && ! grep -q '^State:.[ZX]' "/proc/$pid/status" 2>/dev/null
        do
            sleep 0.1
            left=$((left - 1))
        done
    done
}

fail() {
    echo "demo: $*" >&2
    [ -f "$dir/error.log" ] && grep -v '\[debug\]' "$dir/error.log" \
                               | tail -n 10 >&2
    finish 1
}

trap 'finish $?' EXIT
trap 'finish 0' INT TERM HUP

wait_for() {
    local what=$1 i
    shift

    for ((i = 0; i < 100; i++)); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done

    fail "$what did not start"
}

free_port() {
    perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1,
        LocalAddr => "127.0.0.1")->sockport'
}

dir=$(mktemp -d "${TMPDIR:-/tmp}/wismo-demo-XXXXXXXX") || exit 1
chmod 755 "$dir"

user=
group=$(id -gn)

if [ "$(id -u)" = 0 ]; then
    user="user www-data;"
    group=www-data
fi

secret() {
    printf '%s\n' "$2" >"$dir/$1"
    chgrp "$group" "$dir/$1"
    chmod 640 "$dir/$1"
}


# Programs and data.  Workers may not see the checkout: they get copies.

mkdir "$dir/redis" "$dir/tmp" "$dir/share"
cp -RL "$build/share/." "$dir/share"
install -m 755 "$build/wismo" "$dir/wismo" || fail "there is no build"

key=$(openssl rand -hex 24)
hook=$(openssl rand -hex 24)

secret link.key "demo:$(openssl rand -hex 32)"
secret contact.key "demo:$(openssl rand -hex 32)"
secret api.keys "demo:$(printf %s "$key" | sha256sum | cut -d' ' -f1)"
secret ups.secret "$(openssl rand -hex 16)"
secret fedex.secret "$(openssl rand -hex 16)"
secret easypost.secret "$(openssl rand -hex 16)"
secret easypost.hook "$hook"

port=${DEMO_PORT:-$(free_port)}
sim=$(free_port)
url=http://127.0.0.1:$port

redis-server --port 0 --unixsocket "$dir/redis.sock" --unixsocketperm 777 \
    --dir "$dir/redis" --appendonly yes --save '' --daemonize no \
    >"$dir/redis.log" 2>&1 &
pids+=($!)

"$root/t/sim/carrier-sim" --port "$sim" --start -5d --scale "$speed" \
    --ceiling --hook "$url/wismo/hooks/easypost" --hook-secret "$hook" \
    --ups-client "demo:$(<"$dir/ups.secret")" \
    --fedex-client "demo:$(<"$dir/fedex.secret")" \
    --easypost-key "$(<"$dir/easypost.secret")" >"$dir/sim.log" 2>&1 &
pids+=($!)

wait_for Redis redis-cli -s "$dir/redis.sock" ping
wait_for "the carrier simulator" curl -sf "http://127.0.0.1:$sim/_sim/clock"

cat >"$dir/nginx.conf" <<CONF
load_module $build/ngx_wismo_module.so;
$user
pid $dir/nginx.pid;
error_log $dir/error.log info;
events { }
http {
    access_log $dir/access.log;
    client_body_temp_path $dir/tmp/body;
    proxy_temp_path $dir/tmp/proxy;
    fastcgi_temp_path $dir/tmp/fastcgi;
    uwsgi_temp_path $dir/tmp/uwsgi;
    scgi_temp_path $dir/tmp/scgi;

    wismo_redis unix:$dir/redis.sock;
    wismo_zone wismo:8m;
    wismo_secret_file $dir/link.key;
    wismo_contact_key_file $dir/contact.key;
    wismo_share $dir/share;
    wismo_fetcher on state=$dir/state program=$dir/wismo scale=$scale;

    wismo_carrier ups {
        client_id demo;
        secret_file $dir/ups.secret;
        base_url http://127.0.0.1:$sim;
    }
    wismo_carrier fedex {
        client_id demo;
        secret_file $dir/fedex.secret;
        base_url http://127.0.0.1:$sim;
    }
    wismo_carrier easypost {
        secret_file $dir/easypost.secret;
        base_url http://127.0.0.1:$sim;
    }

    server {
        listen 127.0.0.1:$port;

        location = / { return 302 /track/; }
        location /track/ { wismo_track; }
        location /wismo/api/ {
            wismo_api;
            wismo_api_keys $dir/api.keys;
        }
        location = /wismo/hooks/easypost {
            wismo_hook easypost;
            wismo_hook_secret_file $dir/easypost.hook;
        }
        location = /wismo/live { wismo_health live; }
        location = /wismo/ready { wismo_health ready; }
    }
}
CONF

/usr/sbin/nginx -p "$dir/" -e "$dir/error.log" -c "$dir/nginx.conf" \
    2>"$dir/nginx.err" || fail "nginx did not start: $(<"$dir/nginx.err")"

wait_for nginx curl -sf "$url/wismo/ready"


# A parcel: loads its script into the simulator, prints the shipment.

numbers=$dir/numbers
: >"$numbers"

parcel() {
    local carrier=$1 script=$2 items=$3 number

    number=$(curl -sf "http://127.0.0.1:$sim/_sim/load" \
                 -d "{\"script\":\"$script\"}" \
             | sed -n 's/.*"number":"\([^"]*\)".*/\1/p')

    printf '{"carrier":"%s","tracking_number":"%s","items":[%s]}' \
        "$carrier" "$number" "$items"
}

item() {
    printf '{"id":"%s","name":"%s","quantity":%s}' "$1" "$2" "$3"
}

order() {
    local number=$1 what=$2 city=$3 country=$4 items=$5 shipments=$6 status link

    status=$(curl -s -o "$dir/reply" -w '%{http_code}' -X PUT \
        "$url/wismo/api/v1/orders/$number" -H "Authorization: Bearer $key" \
        -H 'Content-Type: application/json' --data-binary @- <<BODY
{"placed_at":"$placed","currency":"USD","locale":"en",
 "customer":{"name":"Ada Example","email":"ada@shop.example"},
 "ship_to":{"name":"Ada Example","line1":"1 Example Street","city":"$city",
            "country":"$country"},
 "items":[$items],"shipments":[$shipments]}
BODY
    )

    [ "$status" = 202 ] || fail "PUT of order $number: $status $(<"$dir/reply")"

    link=$(WISMO_CONFIG=$dir/state/wismo.json "$dir/wismo" \
           --share "$dir/share" order link --base "$url" "$number") \
        || fail "wismo order link $number"

    printf '%-6s %-32s %s\n' "$number" "$what" "$link"
}

# The orders are as old as the simulated clock.

placed=$(curl -sf "http://127.0.0.1:$sim/_sim/clock" \
         | sed -n 's/.*"utc":"\([^"]*\)".*/\1/p')

lamp=$(item lamp 'Reading lamp' 1)
mug=$(item mug 'Enamel mug' 4)
rug=$(item rug 'Wool rug' 1)
one='{"id":"lamp","quantity":1}'
two='{"id":"mug","quantity":4}'
three='{"id":"rug","quantity":1}'

echo "Wismo's demo: $dir"
echo

order 1001 "one parcel, signed for"      Seattle  US "$lamp" \
    "$(parcel ups ups-delivered "$one")"
order 1002 "split, two carriers"         Boston   US "$lamp,$mug" \
    "$(parcel fedex fedex-transit "$one"),$(parcel ups ups-porch "$two")"
order 1003 "not shipped yet"             Boston   US "$rug" ""
order 1004 "delayed by weather"          Denver   US "$rug" \
    "$(parcel ups ups-delayed "$three")"
order 1005 "refused, goes back"          Miami    US "$mug" \
    "$(parcel ups ups-returned "$two")"
order 1006 "delivered to a neighbour"    Brooklyn US "$lamp" \
    "$(parcel ups ups-neighbour "$one")"
order 1007 "out for delivery"            Chicago  US "$lamp" \
    "$(parcel ups ups-out "$one")"
order 1008 "waits at an access point"    Portland US "$mug" \
    "$(parcel ups ups-access-point "$two")"
order 1009 "held by customs"             Hamburg  DE "$rug" \
    "$(parcel fedex fedex-clearance "$three")"
order 1010 "lost"                        Dallas   US "$mug" \
    "$(parcel easypost easypost-lost "$two")"
order 1011 "cancelled"                   Boston   US "$lamp" \
    "$(parcel ups ups-voided "$one")"
order 1012 "nobody was in"               Brooklyn US "$rug" \
    "$(parcel fedex fedex-attempt "$three")"
order 1013 "told by pushes (EasyPost)"   Portland US "$lamp" \
    "$(parcel easypost easypost-delivered "$one")"
order 1014 "three parcels, three carriers" Miami  US "$lamp,$mug,$rug" \
    "$(parcel easypost easypost-transit "$one"),$(parcel fedex \
       fedex-delivered "$two"),$(parcel ups ups-label "$three")"

# Ready means that a shopper finds every order, not only that it was taken.

for number in $(seq 1001 1014); do
    wait_for "order $number" curl -sf -o /dev/null "$url/track/$number.json"
done

cat <<TEXT

With the order number alone a page shows less: $url/track/1002
Orders API: $url/wismo/api/v1/   key: $key
Five days pass in $((5 * 86400 / speed / 60)) minutes.  Control-C ends all.

TEXT

echo "ready $url/track/"

# An INT that is sent to make alone does not reach its children: make waits
# for them inside its handler, with the signal blocked.

make_interrupted() {
    local mask

    [ "$parent" = make ] || return 1
    [ -e "/proc/$PPID" ] || return 0

    mask=$(sed -n 's/^SigBlk:[[:space:]]*//p' "/proc/$PPID/status")
    (( 16#${mask:-0} & 2 ))
}

parent=$(cat "/proc/$PPID/comm")

while ! make_interrupted; do
    sleep 0.5 &
    wait $!
done

finish 0

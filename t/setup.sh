#!/bin/bash
#
# Installs the Debian packages that a target of the Makefile needs, if some
# are missing, and otherwise does nothing.  Called by the Makefile; never
# touches a package that is there.
#
# usage: t/setup.sh build|test|demo|bench|fuzz

build="gcc make dpkg-dev pkgconf nginx-dev libjansson-dev libhiredis-dev
       libcurl4-openssl-dev libssl-dev libxml2-dev libical-dev
       libicu-dev libqrcodegen-dev libcsv-dev zlib1g-dev libdeflate-dev"
demo="nginx redis-server curl openssl perl"
test="libcmocka-dev libxml2-utils libnginx-mod-nchan jq procps wrk chromium
      exim4-daemon-light python3 libcryptx-perl"
bench="libnginx-mod-http-lua lua-nginx-redis lua-cjson wrk strace valgrind"

# npm may have come with a node that is not Debian's

if ! command -v npm >/dev/null; then
    bench="$bench nodejs npm"
    test="$test nodejs npm"
fi

case $1 in
    build)  want=$build ;;
    demo)   want="$build $demo" ;;
    test)   want="$build $demo $test" ;;
    bench)  want="$build $demo $bench" ;;
    fuzz)   want="$build clang libclang-rt-14-dev" ;;

    *)
        echo "usage: $0 build|test|demo|bench|fuzz" >&2
        exit 2
        ;;
esac

# Elsewhere than on Debian the compiler tells what is missing.

if ! command -v dpkg-query >/dev/null; then
    exit 0
fi

have=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' $want 2>/dev/null \
       | sed -n 's/^ii *//p')

missing=

for package in $want; do
    case $'\n'$have$'\n' in
        *$'\n'$package$'\n'*)  ;;
        *)                     missing="$missing $package" ;;
    esac
done

if [ -z "$missing" ]; then
    exit 0
fi

if [ "$(id -u)" != 0 ]; then
    echo "Packages are missing.  Install them as root:" >&2
    echo "    apt-get install --no-install-recommends$missing" >&2
    exit 1
fi

echo "installing:$missing"

export DEBIAN_FRONTEND=noninteractive

apt_get() {
    apt-get -q -o DPkg::Lock::Timeout=600 "$@" >>"$log" 2>&1
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# The package lists of a fresh machine are empty or old.

if ! apt_get install -y --no-install-recommends $missing; then
    if ! apt_get update \
       || ! apt_get install -y --no-install-recommends $missing
    then
        tail -n 20 "$log" >&2
        echo "The packages could not be installed:$missing" >&2
        exit 1
    fi
fi

# The other harness's orders.ndjson as lines for "wismo import":
#
#   jq -c -f t/bench/convert.jq orders.ndjson | wismo import --any-carrier -
#
# What it calls a parcel is a shipment here, its "exception" an attempt that
# failed; a time is seconds and minutes east of UTC.  Events come newest
# first there and may come in any order here.

def two: tostring | if length < 2 then "0" + . else . end;

def offset:
  (if . < 0 then -. else . end) as $m
  | (if . < 0 then "-" else "+" end)
    + (($m / 60 | floor) | two) + ":" + (($m % 60) | two);

def time($tz): (. + $tz * 60 | strftime("%Y-%m-%dT%H:%M:%S")) + ($tz | offset);

{
  number: .id,
  placed_at: (.placed as $t | .tz as $tz | $t | time($tz)),
  promised: { from: (.tz as $tz | .promised | time($tz)) },
  items: [ .items | to_entries[] | {
    id: "i\(.key + 1)", sku: .value.sku, name: .value.name,
    quantity: .value.qty
  } ],
  shipments: [ .parcels[] | {
    carrier: .carrier,
    tracking_number: .tracking,
    tracking_url: .url,
    events: [ .events[] | {
      time: (.tz as $tz | .t | time($tz)),
      status: (if .st == "exception" then "attempt_failed" else .st end),
      description: .desc,
      place: .loc
    } ]
  } ]
}

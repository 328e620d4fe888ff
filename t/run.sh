#!/bin/bash
#
# What "make test" runs, after the packages are there: the build, every test,
# and then the system tests once more with the module and the program under
# ASan and UBSan.  A test whose head says "Lane: plain" has no second run.
#
# Tests wait for things to happen, and two of them run side by side.  On a
# machine that is busy with something else what failed may have been late, not
# wrong: it runs once more, alone, and the last lines tell its name.
#
# T="t/a.t t/b.t" picks tests; WISMO_LANE=plain or asan picks a lane.

cd "$(dirname "$0")/.." || exit 1

unset MAKEFLAGS MAKELEVEL

jobs=$(nproc)
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

tests=${T:-$(echo t/*.t)}
again=$(grep -L '^# Lane: plain' $tests)

variant=build${NGINX_SRC:+-upstream}
failed=0

lane() {
    local name=$1 build=$2 san=$3
    shift 3

    if [ $# = 0 ] || [ "${WISMO_LANE:-$name}" != "$name" ]; then
        return
    fi

    echo "== $name: building $build"

    if ! make -j"$jobs" SAN="$san" NGINX_SRC="$NGINX_SRC" all; then
        echo "$name: the build failed" >"$logs/$name"
        failed=1
        return
    fi

    echo "== $name: testing"

    if ! testing "$name" "$build" "$jobs" "$@"; then
        late=$(awk '/\(Wstat: / { print $1 }' "$logs/$name.prove")

        if [ "$(wc -w <<<"$late")" -gt 5 ] || [ -z "$late" ]; then
            failed=1
            return
        fi

        echo "== $name: once more, alone:" $late

        testing "$name" "$build" 1 $late || failed=1
        echo "$name: failed at first:" $late >>"$logs/$name"
    fi
}

testing() {
    local name=$1 build=$2 jobs=$3
    shift 3

    WISMO_BUILD="$PWD/$build" prove -j"$jobs" -It/lib "$@" 2>&1 \
        | tee "$logs/$name.prove"

    local result=${PIPESTATUS[0]}

    echo "$name: $(grep '^Files=' "$logs/$name.prove" | tail -n 1)" \
        "$(grep '^Result:' "$logs/$name.prove" | tail -n 1)" >>"$logs/$name"

    return "$result"
}

lane plain "$variant" "" $tests
lane asan "$variant-asan" 1 $again

echo
cat "$logs/plain" "$logs/asan" 2>/dev/null

if [ $failed = 0 ]; then
    echo "Result: PASS"
else
    echo "Result: FAIL"
fi

exit $failed

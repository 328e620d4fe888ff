#!/bin/bash
#
# Runs nginx's configure for the module, out of tree: Debian's nginx-dev with
# the flags that Debian's nginx was built with, or an upstream source tree.
#
# usage: t/configure.sh NGINX-TREE OUTPUT-DIR [1 for ASan and UBSan]

tree=$1
out=$2
san=$3

checkout=$(cd "$(dirname "$0")/.." && pwd)

if [ -f "$tree/conf_flags" ]; then
    configure=./configure
    . "$tree/conf_flags"
    cc_opt="$(dpkg-buildflags --get CFLAGS) $(dpkg-buildflags --get CPPFLAGS)"
    ld_opt="$(dpkg-buildflags --get LDFLAGS) -fPIC"

else
    configure=auto/configure
    NGX_CONF_FLAGS=(--prefix=/usr/share/nginx --with-compat --with-debug
                    --with-threads --with-http_ssl_module
                    --with-http_v2_module --with-http_stub_status_module
                    --with-http_auth_request_module
                    --with-http_addition_module)
    cc_opt="-g -O2"
    ld_opt=
fi

# The fortified functions hide overflows from ASan.  nginx compares strings
# by words unless told not to, and passes NULL with a length of 0 to libc.

if [ -n "$san" ]; then
    cc_opt="${cc_opt//-Wp,-D_FORTIFY_SOURCE=2/}"
    cc_opt="${cc_opt//-D_FORTIFY_SOURCE=2/} -O1"
    cc_opt="$cc_opt -DNGX_HAVE_NONALIGNED=0 -fno-omit-frame-pointer"
    cc_opt="$cc_opt -fsanitize=address,undefined"
    cc_opt="$cc_opt -fno-sanitize=nonnull-attribute"
    ld_opt="$ld_opt -fsanitize=address,undefined"
    export ASAN_OPTIONS=detect_leaks=0
fi

log=$out/configure.log

cd "$tree" || exit 1

if ! "$configure" --with-cc-opt="$cc_opt -fPIC" --with-ld-opt="$ld_opt" \
         "${NGX_CONF_FLAGS[@]}" --add-dynamic-module="$checkout" \
         --builddir="$out" >"$log" 2>&1
then
    tail -n 20 "$log" >&2
    exit 1
fi


/*
 * Copyright (C) The Wismo authors
 *
 * Which addresses are the Internet's, and which are somebody's own network.
 * fetch_http.c asks before it connects to where an adapter, or a name server,
 * leads it.  No look-ups here: an address is judged as it is.
 */


#include "fetch_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>


static bool fetch_address_public4(uint32_t addr);


bool
fetch_address_public(const struct sockaddr *sa)
{
    uint32_t                    v4;
    const unsigned char        *p;
    const struct sockaddr_in   *sin;
    const struct sockaddr_in6  *sin6;

    if (sa->sa_family == AF_INET) {
        sin = (const struct sockaddr_in *) (const void *) sa;
        return fetch_address_public4(ntohl(sin->sin_addr.s_addr));
    }

    if (sa->sa_family != AF_INET6) {
        return false;
    }

    sin6 = (const struct sockaddr_in6 *) (const void *) sa;
    p = sin6->sin6_addr.s6_addr;

    if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
        memcpy(&v4, p + 12, 4);
        return fetch_address_public4(ntohl(v4));
    }

    /* 2000::/3 is all that is routed, but for 6to4 and documentation */

    return (p[0] & 0xe0) == 0x20
           && !(p[0] == 0x20 && p[1] == 0x02)
           && !(p[0] == 0x20 && p[1] == 0x01 && p[2] == 0x0d && p[3] == 0xb8)
           && !(p[0] == 0x20 && p[1] == 0x01 && p[2] == 0 && p[3] == 0);
}


static bool
fetch_address_public4(uint32_t addr)
{
    unsigned  i;

    static const struct {
        uint32_t  net;
        uint32_t  mask;
    } closed[] = {
        { 0x00000000, 0xff000000 },           /* 0/8 */
        { 0x0a000000, 0xff000000 },           /* 10/8 */
        { 0x64400000, 0xffc00000 },           /* 100.64/10 */
        { 0x7f000000, 0xff000000 },           /* 127/8 */
        { 0xa9fe0000, 0xffff0000 },           /* 169.254/16 */
        { 0xac100000, 0xfff00000 },           /* 172.16/12 */
        { 0xc0000000, 0xffffff00 },           /* 192.0.0/24 */
        { 0xc0000200, 0xffffff00 },           /* 192.0.2/24 */
        { 0xc0a80000, 0xffff0000 },           /* 192.168/16 */
        { 0xc6120000, 0xfffe0000 },           /* 198.18/15 */
        { 0xc6336400, 0xffffff00 },           /* 198.51.100/24 */
        { 0xcb007100, 0xffffff00 },           /* 203.0.113/24 */
        { 0xe0000000, 0xe0000000 }            /* 224/3 */
    };

    for (i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
        if ((addr & closed[i].mask) == closed[i].net) {
            return false;
        }
    }

    return true;
}

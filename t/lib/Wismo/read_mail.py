# Prints messages as JSON, read by Python's own library: headers decoded,
# parts decoded, and every fault that the library or the rules of RFC 5322 and
# 5321 find.

import email
import email.policy
import json
import re
import sys


def fault_list(raw, message):
    faults = [str(d) for d in message.defects]

    # the server that kept it turned CRLF into LF, and added what it does

    for line in raw.split(b"\n"):
        if len(line) > 998:
            faults.append("a line of %d bytes" % len(line))
        if len(line) > 78 and not line.startswith(
                (b"List-Unsubscribe:", b"Received:", b"\t", b"Envelope-")):
            faults.append("a long line: %r" % line[:100])
        if any(c > 126 or (c < 32 and c not in (9, 13)) for c in line):
            faults.append("not ASCII: %r" % line[:100])

    for name in ("Date", "From", "To", "Subject", "Message-ID",
                 "MIME-Version"):
        if len(message.get_all(name, [])) != 1:
            faults.append("%s: %d times" % (name,
                                            len(message.get_all(name, []))))

    for part in message.walk():
        faults += ["%s: %s" % (part.get_content_type(), d)
                   for d in part.defects]
        for value in part.values():
            faults += [str(d) for d in getattr(value, "defects", [])]

    return faults


def part_list(message):
    parts = []

    for part in message.walk():
        if part.is_multipart():
            parts.append({"type": part.get_content_type()})
            continue

        parts.append({
            "type": part.get_content_type(),
            "charset": part.get_content_charset(),
            "encoding": part["Content-Transfer-Encoding"],
            "disposition": part.get_content_disposition(),
            "method": part.get_param("method"),
            "text": part.get_content(),
        })

    return parts


def read(path):
    with open(path, "rb") as f:
        raw = f.read()

    # drop what an mbox or a maildir of some servers begins with

    message = email.message_from_bytes(raw, policy=email.policy.default)

    return {
        "path": path,
        "raw": raw.decode("latin-1"),
        "headers": {k.lower(): str(v) for k, v in message.items()},
        "names": [k for k in message.keys()],
        "from": [[a.display_name, a.addr_spec]
                 for a in message["From"].addresses],
        "to": [[a.display_name, a.addr_spec]
               for a in message["To"].addresses],
        "date": message["Date"].datetime.timestamp(),
        "parts": part_list(message),
        "faults": fault_list(raw, message),
    }


print(json.dumps([read(path) for path in sys.argv[1:]]))

"""Numbered entries at a steady rate into the journal of a namespace, until standard input is closed; then prints how
many there were. Whatever comes by standard input allows so many more. Arguments: namespace, identifier, entries a
second, entries allowed at a time. Survives journald's restart."""
import os
import select
import socket
import sys
import time

namespace, tag, rate, allowance = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
path = f"/run/systemd/journal.{namespace}/socket"
connection = None


def send(entry):
    global connection
    while True:
        try:
            if connection is None:
                connection = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                connection.connect(path)
            connection.send(entry)
            return
        except OSError:
            connection = None
            time.sleep(0.01)


last = time.monotonic()
sent = allowed = 0
due = 0.0
while True:
    if select.select([0], [], [], 0.005)[0]:
        if not os.read(0, 4096):
            break
        allowed = sent + allowance
    now = time.monotonic()
    due = min(due + (now - last) * rate, allowed)
    last = now
    while sent < due:
        sent += 1
        send(b"MESSAGE=%d\nSYSLOG_IDENTIFIER=%s\nPRIORITY=6\n" % (sent, tag.encode()))
print(sent)

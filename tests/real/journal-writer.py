"""Numbered entries at a steady rate into the journal of a namespace, until standard input is closed; then prints how
many there were. Arguments: namespace, identifier, entries a second. Survives journald's restart."""
import select
import socket
import sys
import time

namespace, tag, rate = sys.argv[1], sys.argv[2], float(sys.argv[3])
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


start = time.monotonic()
sent = 0
while not select.select([sys.stdin], [], [], 0.005)[0]:
    while sent < (time.monotonic() - start) * rate:
        sent += 1
        send(b"MESSAGE=%d\nSYSLOG_IDENTIFIER=%s\nPRIORITY=6\n" % (sent, tag.encode()))
print(sent)

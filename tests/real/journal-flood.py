"""Many entries through journald's own protocol. Standard input: identifier and count."""
import socket
import sys

tag, count = sys.stdin.read().split()
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect("/run/systemd/journal/socket")
for n in range(1, int(count) + 1):
    s.send(b"MESSAGE=n %d\nSYSLOG_IDENTIFIER=%s\nPRIORITY=6\n" % (n, tag.encode()))

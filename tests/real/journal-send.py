"""Entries that only journald's own protocol can carry: several lines, bytes that are not UTF-8, an empty message.
Standard input: the SYSLOG_IDENTIFIER."""
import socket
import struct
import sys


def field(name, value):
    return name.encode() + b"\n" + struct.pack("<Q", len(value)) + value + b"\n"


tag = sys.stdin.read().strip().encode()
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect("/run/systemd/journal/socket")
for message in (b"multi\nline", b"not \xff\xfe UTF-8", b""):
    s.send(field("MESSAGE", message) + field("SYSLOG_IDENTIFIER", tag))

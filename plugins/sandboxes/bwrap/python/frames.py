"""Messages on a pipe or socket: four bytes of length (big-endian), then JSON."""

import struct

# By name, since these run beside the user's code, which may replace what a module's names stand for.
from json import dumps, loads
from os import read as read_some
from os import write as write_some

LENGTH = struct.Struct(">I")


def read(descriptor):
    """The next message, or None at the end."""
    head = read_exactly(descriptor, LENGTH.size)
    body = head and read_exactly(descriptor, LENGTH.unpack(head)[0])
    return None if body is None else loads(body)


def read_exactly(descriptor, size):
    data = b""
    while len(data) < size:
        part = read_some(descriptor, min(size - len(data), 1 << 16))
        if not part:
            return None
        data += part
    return data


def read_mark(descriptor):
    """One byte; none from somebody who is gone."""
    try:
        return read_some(descriptor, 1)
    except (BlockingIOError, ConnectionResetError):
        return b""


def pack(message):
    body = dumps(message).encode()
    return LENGTH.pack(len(body)) + body


def write(descriptor, message):
    data = memoryview(pack(message))
    while data:
        data = data[write_some(descriptor, data) :]


def write_part(descriptor, data):
    """What is left of `data` after writing what a descriptor that does not block takes now; nothing where nobody reads any more."""
    try:
        return data[write_some(descriptor, data) :]
    except BlockingIOError:
        return data
    except (BrokenPipeError, ConnectionResetError):
        return b""

"""Messages on a pipe or socket: four bytes of length (big-endian), then JSON."""

import json
import os
import struct

LENGTH = struct.Struct(">I")


def read(descriptor):
    """The next message, or None at the end."""
    head = read_exactly(descriptor, LENGTH.size)
    body = head and read_exactly(descriptor, LENGTH.unpack(head)[0])
    return None if body is None else json.loads(body)


def read_exactly(descriptor, size):
    data = b""
    while len(data) < size:
        part = os.read(descriptor, min(size - len(data), 1 << 16))
        if not part:
            return None
        data += part
    return data


def pack(message):
    body = json.dumps(message).encode()
    return LENGTH.pack(len(body)) + body


def write(descriptor, message):
    data = memoryview(pack(message))
    while data:
        data = data[os.write(descriptor, data) :]


def write_some(descriptor, data):
    """What is left of `data` after writing what a descriptor that does not block takes now; nothing where nobody reads any more."""
    try:
        return data[os.write(descriptor, data) :]
    except BlockingIOError:
        return data
    except (BrokenPipeError, ConnectionResetError):
        return b""

"""What a child uses, seen from outside: its threads, before each is started, and the memory it holds."""

import errno
import fcntl
import os
import re
import struct

# struct seccomp_notif (id, pid, flags, struct seccomp_data) and struct seccomp_notif_resp (id, value, error, flags).
QUESTION, REPLY = struct.Struct("=QII64x"), struct.Struct("=QqiI")
SECCOMP_IOCTL_NOTIF_RECV, SECCOMP_IOCTL_NOTIF_SEND = 0xC0502100, 0xC0182101
SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1

# Of /proc/…/stat, counted from behind the program's name and state.
MINOR_FAULTS, THREADS, RESIDENT_PAGES = 6, 16, 20
CHANGED_PAGES = 256
PRIVATE_KIB = re.compile(rb"^(?:Private_\w+|Swap): +(\d+) kB", re.MULTILINE)


def process_of(pidfd):
    """The process id as this /proc has it: the zygote's is another one."""
    with open(f"/proc/self/fdinfo/{pidfd}") as info:
        return int(re.search(r"^Pid:\s*(\d+)", info.read(), re.MULTILINE)[1])


def answer_thread(listener, pid, limit):
    """The kernel asks whether a thread may be started. Two that ask at once are both counted before either is there."""
    question = bytearray(QUESTION.size)
    try:
        fcntl.ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, question)
        number = QUESTION.unpack(question)[0]
        if fields(pid)[THREADS] < limit:
            reply = REPLY.pack(number, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE)
        else:
            reply = REPLY.pack(number, 0, -errno.EAGAIN, 0)
        fcntl.ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, reply)
    except OSError:
        pass  # Who asked is gone.


def fields(pid):
    with open(f"/proc/{pid}/stat", "rb") as stat:
        return [int(field) for field in stat.read().rpartition(b")")[2].split()[1:]]


class Held:
    """Memory that ending a process would free: what it shares with the zygote does not count, its /work does."""

    def __init__(self, pid):
        self.pid, self.memory = pid, 0
        self.faults = self.pages = -CHANGED_PAGES

    def bytes(self):
        """0 when it has ended. The exact count takes a millisecond: it is made again when at least a MiB may have been touched since."""
        try:
            now = fields(self.pid)
            faults, pages = now[MINOR_FAULTS], now[RESIDENT_PAGES]
            if faults - self.faults + abs(pages - self.pages) >= CHANGED_PAGES:
                with open(f"/proc/{self.pid}/smaps_rollup", "rb") as rollup:
                    self.memory = sum(int(kib) for kib in PRIVATE_KIB.findall(rollup.read())) * 1024
                self.faults, self.pages = faults, pages
            work = os.statvfs(f"/proc/{self.pid}/root/work")
        except OSError:
            return 0
        return self.memory + (work.f_blocks - work.f_bfree) * work.f_frsize

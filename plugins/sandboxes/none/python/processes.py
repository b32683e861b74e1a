"""Which processes belong to an execution, and their end: however deep, in whatever group, and only those. Linux; elsewhere the process group alone.

An execution is told by its supervisor's process id and start time, and by a mark in the environment that every process it starts inherits.
"""

import ctypes
import os
import signal
import sys
import time

MARK = "AUTOTRAJ_EXECUTION"
ON_LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
# Of /proc/…/stat, counted from behind the program's name.
STATE, PARENT, START = 0, 1, 19
# A process that has not died of SIGKILL by then belongs to somebody else (sudo), or hangs in the kernel.
PATIENCE_S = 2


def adopt_orphans():
    """From now on, descendants whose parents are gone become children of this process."""
    if ON_LINUX:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent():
    if ON_LINUX:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def identity(pid):
    """A process id and what tells it from a later one of the same number, and from one elsewhere; None for one that is not there."""
    fields = stat(pid)
    return None if fields is None else [pid, int(fields[START]), place()]


def place():
    """Where process ids mean the same: this boot of this machine, and this container. Others may share the folder of the records."""
    with open("/proc/sys/kernel/random/boot_id") as boot:
        return f"{boot.read().strip()} {os.readlink('/proc/self/ns/pid')}"


def is_alive(known):
    return known is not None and identity(known[0]) == known


def end_children(first):
    """All descendants of this process; `first` leads the group that is all there is elsewhere."""
    if not ON_LINUX:
        kill_group(first)
        return
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        end(lambda: descendants({os.getpid()}))
        # What was missed, since it is never the same process for long, is a child by now: these are found at once.
        for _ in range(50):
            for pid in adopted():
                send(pid, signal.SIGKILL)
            if reaped_all():
                return


def end_marked(supervisor, mark):
    """Those of an execution whose supervisor cannot do it any more. Returns how many there were."""

    def left():
        roots = {pid for pid in pids() if pid != os.getpid() and is_marked(pid, mark)}
        if is_alive(supervisor):
            roots.add(supervisor[0])
        return roots | descendants(roots)

    return end(left)


def end(find):
    """Stops whom `find` finds until it finds nobody new, so that nobody forks meanwhile; then kills them. Returns how many there were."""
    found = set()
    while new := find() - found:
        for pid in new:
            send(pid, signal.SIGSTOP)
        found |= new
    for pid in found:
        send(pid, signal.SIGKILL)
    return len(found)


def adopted():
    """Children of this process, from a kernel that lists them."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as children:
            return [int(pid) for pid in children.read().split()]
    except FileNotFoundError:
        return []


def kill_group(leader):
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def reaped_all():
    try:
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
    except ChildProcessError:
        return True
    return False


def descendants(roots):
    """Living ones."""
    children = {}
    for pid in pids():
        fields = stat(pid)
        if fields is not None:
            children.setdefault(int(fields[PARENT]), []).append((pid, fields[STATE] != "Z"))
    found, todo = set(), list(roots)
    while todo:
        for pid, lives in children.get(todo.pop(), ()):
            todo.append(pid)
            if lives:
                found.add(pid)
    return found


def pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def is_marked(pid, mark):
    try:
        with open(f"/proc/{pid}/environ", "rb") as environ:
            return f"{MARK}={mark}".encode() in environ.read().split(b"\0")
    except OSError:
        return False


def stat(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def send(pid, number):
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass

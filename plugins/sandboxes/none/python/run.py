"""Supervises one piece of code: a process of its own runs it, and nothing that it started outlives it. This is no isolation.

One line on stdin: {"code", "memoryMiB", "cpuSeconds", "records": folder, "mark"}. The end of stdin, before the code is done or without our doing,
ends the code. Exits as the code did.
"""

import json
import os
import resource
import select
import signal
import sys

import code_process
import processes
import records


def main():
    request = json.loads(read_line(0))
    owner = os.getppid()
    processes.adopt_orphans()
    records.write(request["records"], request["mark"], owner)
    wakeups = os.pipe()
    os.set_blocking(wakeups[1], False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakeups[1], warn_on_full_buffer=False)
    child = os.fork()
    if child == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for descriptor in wakeups:
            os.close(descriptor)
        os.setsid()
        processes.die_with_parent()
        code_process.run(request)
    status = wait(child, wakeups[0])
    processes.end_children(child)
    records.remove(request["records"], request["mark"])
    leave_like(status)


def read_line(descriptor):
    """No byte beyond it: what follows is only ever the end."""
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(descriptor, 1 << 16)
        if not part:
            sys.exit(1)
        line += part
    return line


def wait(child, wakeup):
    """The child's wait status, or None when stdin ends first."""
    while True:
        ready, _, _ = select.select([0, wakeup], [], [])
        if wakeup in ready:
            os.read(wakeup, 512)
            while (ended := os.waitpid(-1, os.WNOHANG))[0] != 0:
                if ended[0] == child:
                    return ended[1]
        elif not os.read(0, 1):
            return None


def leave_like(status):
    if status is None:
        os._exit(1)
    if os.WIFEXITED(status):
        os._exit(os.WEXITSTATUS(status))
    number = os.WTERMSIG(status)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


main()

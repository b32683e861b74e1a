"""A Python that imported its packages once and forks an isolated child per execution or session.

Runs inside bubblewrap as the only other program. Its one argument is a JSON object: `image` (see images.py), `limits`.
Messages from stdin, one execution at a time:
  {"op": "run", "code", "timeoutMs", "memoryMiB", "session": name or null}   answered by {"started"}, then {"done": status, …}
  {"op": "cancel"}                                                            ends the running execution
  {"op": "end", "session": name}                                              ends a session
"""

import codecs
import gc
import json
import os
import select
import signal
import socket
import sys
import time

import child as child_process
import frames
import images
import seccomp

SITE_PACKAGES = "/pysite"
CLONE_NEWPID = 0x20000000
libc = child_process.libc


class Output:
    """One stream of a child: the beginning is kept, the rest is counted."""

    def __init__(self, descriptor, keep_bytes):
        self.descriptor, self.keep_bytes = descriptor, keep_bytes
        self.kept, self.total = bytearray(), 0
        os.set_blocking(descriptor, False)

    def read(self):
        """True while there may be more."""
        try:
            data = os.read(self.descriptor, 1 << 16)
        except BlockingIOError:
            return False
        self.total += len(data)
        self.kept += data[: max(0, self.keep_bytes - len(self.kept))]
        return bool(data)

    def take(self):
        """What was kept, and the bytes beyond it. A character cut in half is left out."""
        cut = self.total > len(self.kept)
        text = codecs.getincrementaldecoder("utf-8")("replace").decode(bytes(self.kept), not cut)
        beyond = self.total - len(self.kept)
        self.kept, self.total = bytearray(), 0
        return text, beyond


class Child:
    """A forked process, locked in and waiting for code."""

    def __init__(self, zygote):
        ours, theirs = socket.socketpair()
        null = os.open("/dev/null", os.O_RDONLY)
        pipes = (os.pipe(), os.pipe())
        zygote.enter_new_pid_namespace()
        self.pid = os.fork()
        if self.pid == 0:
            os.dup2(null, 0)
            os.dup2(pipes[0][1], 1)
            os.dup2(pipes[1][1], 2)
            control = theirs.detach()
            os.dup2(control, 3)
            os.closerange(4, zygote.highest_descriptor)
            child_process.serve(3, zygote.limits, zygote.filters)
        theirs.close()
        for descriptor in (null, pipes[0][1], pipes[1][1]):
            os.close(descriptor)
        self.descriptor = os.pidfd_open(self.pid)
        self.control = ours.detach()
        keep = zygote.limits["keepBytes"]
        self.streams = (Output(pipes[0][0], keep), Output(pipes[1][0], keep))

    def kill(self):
        signal.pidfd_send_signal(self.descriptor, signal.SIGKILL)

    def stop(self, number):
        signal.pidfd_send_signal(self.descriptor, number)

    def bury(self):
        """Waits for the end. Returns the wait status and the CPU seconds used."""
        _, status, usage = os.wait4(self.pid, 0)
        for stream in self.streams:
            while stream.read():
                pass
            os.close(stream.descriptor)
        os.close(self.control)
        os.close(self.descriptor)
        return status, usage.ru_utime + usage.ru_stime


class Zygote:
    def __init__(self, inbox, outbox, limits):
        self.inbox, self.outbox, self.limits = inbox, outbox, limits
        self.outcomes = {child_process.OK: "ok", child_process.ERROR: "error", child_process.OUT_OF_MEMORY: "memory-limit"}
        self.exits = {0: "ok", child_process.EXIT_OUT_OF_MEMORY: "memory-limit"}
        self.filters = seccomp.program()
        self.highest_descriptor = os.sysconf("SC_OPEN_MAX")
        self.own_pid_namespace = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self.sessions = {}
        self.spare = None

    def enter_new_pid_namespace(self):
        """The next fork becomes process 1 of a namespace of its own. The way to another new one leads through the zygote's own."""
        child_process.check("leave the last child's pid namespace", libc.setns(self.own_pid_namespace, CLONE_NEWPID))
        child_process.check("new pid namespace", libc.unshare(CLONE_NEWPID))

    def prepare(self):
        """Forks a child and hears from it that it is isolated. A zygote that cannot is of no use: the error ends it."""
        child = Child(self)
        answer = frames.read(child.control) or {"failed": "it ended before it was isolated"}
        if "failed" in answer:
            raise OSError(f"a child could not be isolated: {answer['failed']}")
        self.spare = child

    def loop(self):
        while True:
            message = frames.read(self.inbox)
            if message is None:
                return
            if message["op"] == "run":
                frames.write(self.outbox, self.run(message))
                # The next child is made while nobody waits for it.
                if self.spare is None:
                    self.prepare()
            elif message["op"] == "end":
                self.end_session(message["session"])

    def run(self, request):
        name = request["session"]
        child = self.sessions.get(name)
        if child is not None:
            child.stop(signal.SIGCONT)
        else:
            child, self.spare = self.spare, None
            if name is not None:
                self.sessions[name] = child
        frames.write(self.outbox, {"started": True})
        start = time.monotonic()
        seconds = request["timeoutMs"] / 1000
        cpu_seconds = int(seconds) + 2
        order = {"code": request["code"], "memoryMiB": request["memoryMiB"], "cpuSeconds": cpu_seconds, "session": name is not None}
        try:
            frames.write(child.control, order)
        except BrokenPipeError:
            pass  # Its end is seen below.
        why, outcome = self.watch(child, start + seconds, name)
        lost = False
        if outcome is None:
            if why is not None:
                child.kill()
            status, cpu = child.bury()
            outcome = why or self.judge(status, cpu >= cpu_seconds, child.streams[1])
            lost = name is not None
            if lost:
                self.sessions.pop(name, None)
        else:
            # Threads of an idle session may not go on.
            child.stop(signal.SIGSTOP)
        (stdout, more), (stderr, more_still) = (stream.take() for stream in child.streams)
        return {
            "done": outcome,
            "stdout": stdout,
            "stderr": stderr,
            "truncatedBytes": more + more_still,
            "durationMs": round((time.monotonic() - start) * 1000, 3),
            "sessionLost": lost,
        }

    def watch(self, child, deadline, name):
        """Until the code is done, the child is gone or must go. Returns (why it must go, outcome of a session's call)."""
        poller = select.poll()
        streams = {stream.descriptor: stream for stream in child.streams}
        for descriptor in (child.descriptor, self.inbox, *streams, *([child.control] if name is not None else [])):
            poller.register(descriptor, select.POLLIN)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return "timeout", None
            ready = {descriptor for descriptor, _ in poller.poll(left * 1000 + 1)}
            for descriptor in ready & streams.keys():
                if not streams[descriptor].read():
                    poller.unregister(descriptor)
            if sum(stream.total for stream in child.streams) > self.limits["killBytes"]:
                return "output-limit", None
            if child.descriptor in ready:
                return None, None
            if child.control in ready and name is not None:
                mark = os.read(child.control, 1)
                if mark in self.outcomes:
                    for stream in child.streams:
                        while stream.read() and stream.total <= self.limits["killBytes"]:
                            pass
                    return None, self.outcomes[mark]
                poller.unregister(child.control)
            if self.inbox in ready:
                message = frames.read(self.inbox)
                if message is None or message["op"] == "cancel" or message.get("session") == name:
                    return "killed", None
                self.end_session(message["session"])

    def judge(self, status, out_of_time, stderr):
        """What the way a child ended says about the code."""
        if os.WIFEXITED(status):
            return self.exits.get(os.WEXITSTATUS(status), "error")
        if out_of_time:
            return "timeout"
        note = f"[killed by {signal.Signals(os.WTERMSIG(status)).name}]\n".encode()
        stderr.kept += note
        stderr.total += len(note)
        return "killed"

    def end_session(self, name):
        child = self.sessions.pop(name, None)
        if child is not None:
            child.kill()
            child.bury()


def own_pid_namespace():
    """bubblewrap's pid namespace belongs to a user namespace above ours; only one of our own may be entered again after each fork."""
    child_process.check("new pid namespace", libc.unshare(CLONE_NEWPID))
    zygote = os.fork()
    if zygote != 0:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(zygote, 0)[1]) & 0xFF)


def main():
    own_pid_namespace()
    config = json.loads(sys.argv[1])
    inbox, outbox = os.dup(0), os.dup(1)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.path.append(SITE_PACKAGES)
    images.load(config["image"])
    zygote = Zygote(inbox, outbox, config["limits"])
    gc.collect()
    gc.freeze()
    zygote.prepare()
    frames.write(outbox, {"ready": True})
    zygote.loop()


main()

"""Takes executions from outside, has a zygote fork a child for each, and watches it: time, output, threads, memory.

Runs inside bubblewrap. Its one argument is a JSON object: `image` (see images.py), `limits`.
Messages from stdin, one execution at a time:
  {"op": "run", "code", "timeoutMs", "memoryMiB", "session": name or null}   answered by {"started"}, then {"done": status, …}
  {"op": "cancel"}                                                            ends the running execution
  {"op": "end", "session": name}                                              ends a session
"""

import codecs
import json
import os
import select
import signal
import socket
import sys
import time

import child as child_process
import frames
import usage
import zygote


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


class Zygote:
    """The process that forks. This one never does again, and that one never hears what it forks for."""

    def __init__(self, config, not_for_it):
        """`not_for_it`: descriptors over which requests come and results go."""
        self.link, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # bubblewrap's pid namespace belongs to a user namespace above ours; only one of our own may be entered again after each fork.
        child_process.check("new pid namespace", child_process.libc.unshare(zygote.CLONE_NEWPID))
        if os.fork() == 0:
            self.link.close()
            for descriptor in not_for_it:
                os.close(descriptor)
            zygote.serve(theirs, config["image"], config["limits"])
            os._exit(0)
        theirs.close()
        self.answer(len(zygote.READY))

    def fork(self, descriptors):
        """A child with these as its first descriptors. Returns its process id (as the zygote knows it) and its pidfd."""
        socket.send_fds(self.link, [zygote.COMMAND.pack(zygote.FORK, 0)], descriptors)
        answer, received, _, _ = socket.recv_fds(self.link, zygote.BORN.size, 1)
        if not answer:
            sys.exit(1)
        return zygote.BORN.unpack(answer)[0], received[0]

    def bury(self, pid):
        """Waits for a child's end. Returns the wait status and the CPU seconds used."""
        self.link.send(zygote.COMMAND.pack(zygote.BURY, pid))
        return zygote.BURIED.unpack(self.answer(zygote.BURIED.size))

    def answer(self, size):
        answer = self.link.recv(size)
        if not answer:
            # It has said why on stderr.
            sys.exit(1)
        return answer


class Child:
    """A forked process, locked in and waiting for code."""

    def __init__(self, zygote_process, keep_bytes):
        self.zygote = zygote_process
        ours, theirs = socket.socketpair()
        pipes = (os.pipe(), os.pipe())
        null = os.open("/dev/null", os.O_RDONLY)
        self.pid, self.descriptor = zygote_process.fork([null, pipes[0][1], pipes[1][1], theirs.fileno()])
        theirs.close()
        for descriptor in (null, pipes[0][1], pipes[1][1]):
            os.close(descriptor)
        self.streams = (Output(pipes[0][0], keep_bytes), Output(pipes[1][0], keep_bytes))
        self.outer_pid = usage.process_of(self.descriptor)
        self.held = usage.Held(self.outer_pid)
        self.threads = self.wait_until_isolated(ours)
        self.control = ours.detach()
        os.set_blocking(self.control, False)

    def wait_until_isolated(self, control):
        """Returns the descriptor over which the kernel asks before it starts a thread of the child."""
        answer, descriptors, _, _ = socket.recv_fds(control, 1 << 12, 1)
        if not descriptors:
            raise OSError(f"a child could not be isolated: {answer.decode() or 'it ended before it was isolated'}")
        return descriptors[0]

    def signal(self, number):
        signal.pidfd_send_signal(self.descriptor, number)

    def bury(self):
        ended = self.zygote.bury(self.pid)
        for stream in self.streams:
            while stream.read():
                pass
            os.close(stream.descriptor)
        for descriptor in (self.control, self.threads, self.descriptor):
            os.close(descriptor)
        return ended


class Supervisor:
    def __init__(self, inbox, outbox, config):
        self.inbox, self.outbox, self.limits = inbox, outbox, config["limits"]
        self.outcomes = {child_process.OK: "ok", child_process.ERROR: "error", child_process.OUT_OF_MEMORY: "memory-limit"}
        self.exits = {0: "ok", child_process.EXIT_OUT_OF_MEMORY: "memory-limit"}
        self.zygote = Zygote(config, (inbox, outbox))
        self.sessions = {}
        self.prepare()

    def prepare(self):
        """Has the next child made. A zygote whose children cannot be isolated is of no use: the error ends it all."""
        self.spare = Child(self.zygote, self.limits["keepBytes"])

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
            child.signal(signal.SIGCONT)
        else:
            child, self.spare = self.spare, None
            if name is not None:
                self.sessions[name] = child
        frames.write(self.outbox, {"started": True})
        start = time.monotonic()
        seconds = request["timeoutMs"] / 1000
        cpu_seconds = int(seconds) + 2
        order = {"code": request["code"], "memoryMiB": request["memoryMiB"], "cpuSeconds": cpu_seconds, "session": name is not None}
        why, outcome = self.watch(child, frames.pack(order), start + seconds, name)
        lost, held = False, 0
        if outcome is None:
            if why is not None:
                child.signal(signal.SIGKILL)
            status, cpu = child.bury()
            outcome = why or self.judge(status, cpu >= cpu_seconds, child.streams[1])
            lost = name is not None
            if lost:
                self.sessions.pop(name, None)
        else:
            # Threads of an idle session may not go on.
            child.signal(signal.SIGSTOP)
            held = child.held.bytes()
        (stdout, more), (stderr, more_still) = (stream.take() for stream in child.streams)
        return {
            "done": outcome,
            "stdout": stdout,
            "stderr": stderr,
            "truncatedBytes": more + more_still,
            "durationMs": round((time.monotonic() - start) * 1000, 3),
            "sessionLost": lost,
            "heldBytes": held,
        }

    def watch(self, child, order, deadline, name):
        """Hands the code over and waits until it is done, or the child is gone or must go. Returns (why it must go, outcome of a session's call)."""
        poller = select.poll()
        streams = {stream.descriptor: stream for stream in child.streams}
        for descriptor in (child.descriptor, child.threads, self.inbox, *streams):
            poller.register(descriptor, select.POLLIN)
        # Hostile code in a session need not take the next order: it is written as fast as it is read.
        poller.register(child.control, select.POLLOUT)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return "timeout", None
            ready = dict(poller.poll(left * 1000 + 1))
            for descriptor in ready.keys() & streams.keys():
                if not streams[descriptor].read():
                    poller.unregister(descriptor)
            if sum(stream.total for stream in child.streams) > self.limits["killBytes"]:
                return "output-limit", None
            if child.descriptor in ready:
                return None, None
            if child.threads in ready:
                if ready[child.threads] & select.POLLIN:
                    usage.answer_thread(child.threads, child.outer_pid, self.limits["threads"])
                else:
                    poller.unregister(child.threads)
            if child.control in ready:
                if order:
                    order = frames.write_part(child.control, order)
                    if not order:
                        poller.modify(child.control, select.POLLIN)
                else:
                    mark = frames.read_mark(child.control)
                    if mark in self.outcomes and name is not None:
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
            child.signal(signal.SIGKILL)
            child.bury()


def main():
    config = json.loads(sys.argv[1])
    inbox, outbox = os.dup(0), os.dup(1)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.dup2(2, 1)
    supervisor = Supervisor(inbox, outbox, config)
    frames.write(outbox, {"ready": True})
    supervisor.loop()


main()

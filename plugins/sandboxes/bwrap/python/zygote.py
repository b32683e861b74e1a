"""A Python that has imported its packages and forks an isolated child for each one asked for.

It never holds a request, an output or the name of a session: all it reads are commands of a fixed size and a child's descriptors. So whatever a
child finds in the memory it was born with, and in the frames that called it, is the same for every child.
"""

import gc
import os
import socket
import struct
import sys

import child
import images
import seccomp

# What is asked: FORK (with CHILD_DESCRIPTORS descriptors: stdin, stdout, stderr, control) or BURY, and whom to bury.
COMMAND = struct.Struct("=cI")
FORK, BURY = b"f", b"b"
CHILD_DESCRIPTORS = 4
# The answers: a child's process id, with its pidfd; a buried child's wait status and CPU seconds.
BORN, BURIED = struct.Struct("=I"), struct.Struct("=Id")
READY = b"ready"

SITE_PACKAGES = "/pysite"
CLONE_NEWPID = 0x20000000


def serve(link, image, limits):
    """`link` is a socket to the supervisor that keeps messages apart. Returns when the supervisor is gone."""
    sys.path.append(SITE_PACKAGES)
    images.load(image)
    filters = seccomp.program()
    own_pid_namespace = os.open("/proc/self/ns/pid", os.O_RDONLY)
    highest_descriptor = os.sysconf("SC_OPEN_MAX")
    gc.collect()
    gc.freeze()
    link.send(READY)
    while True:
        command, descriptors, _, _ = socket.recv_fds(link, COMMAND.size, CHILD_DESCRIPTORS)
        if not command:
            return
        what, pid = COMMAND.unpack(command)
        if what == BURY:
            _, status, usage = os.wait4(pid, 0)
            link.send(BURIED.pack(status, usage.ru_utime + usage.ru_stime))
            continue
        # The way to another new namespace leads through this process's own.
        child.check("leave the last child's pid namespace", child.libc.setns(own_pid_namespace, CLONE_NEWPID))
        child.check("new pid namespace", child.libc.unshare(CLONE_NEWPID))
        pid = os.fork()
        if pid == 0:
            for standard, descriptor in enumerate(descriptors):
                os.dup2(descriptor, standard)
            os.closerange(CHILD_DESCRIPTORS, highest_descriptor)
            child.serve(CHILD_DESCRIPTORS - 1, limits, filters)
        for descriptor in descriptors:
            os.close(descriptor)
        descriptor = os.pidfd_open(pid)
        socket.send_fds(link, [BORN.pack(pid)], [descriptor])
        os.close(descriptor)

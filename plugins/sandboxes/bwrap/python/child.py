"""What runs in a forked child: it locks itself in, waits for code and runs it."""

import atexit
import ctypes
import io
import linecache
import mmap
import os
import resource
import socket
import sys
import threading
import traceback
import types

import frames
import seccomp

OK, ERROR, OUT_OF_MEMORY = b"k", b"e", b"m"
EXIT_OUT_OF_MEMORY = 86
EXIT_NOT_ISOLATED = 87

CLONE_NEWNS, CLONE_NEWIPC = 0x00020000, 0x08000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 0x4000, 0x40000
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
CAPABILITY_VERSION_3 = 0x20080522
MIB = 1 << 20
# Freed when memory ends, so that there is room to say so.
BALLAST_BYTES = 8 * MIB
# One thread's stack.
STACK_BYTES = 8 * MIB

libc = ctypes.CDLL(None, use_errno=True)
# The user's code may replace what these names stand for.
print_exception, write, leave = traceback.print_exception, os.write, os._exit


def serve(control, limits, filters):
    """Runs in the child until the process ends. `control` is a socket to the supervisor."""
    try:
        threads = isolate(limits, filters)
    except OSError as error:
        write(control, str(error).encode())
        leave(EXIT_NOT_ISOLATED)
    with socket.socket(fileno=control) as to_supervisor:
        socket.send_fds(to_supervisor, [b"isolated"], [threads])
        to_supervisor.detach()
    os.close(threads)
    request = frames.read(control)
    if request is None:
        leave(0)
    try:
        limit(request)
        reseed()
        scope = fresh_main()
    except MemoryError:
        leave(EXIT_OUT_OF_MEMORY)
    if not request["session"]:
        os.close(control)
        leave_with(run(request["code"], scope, "<code>"))
    call = 0
    while request is not None:
        call += 1
        outcome = run(request["code"], scope, "<code>" if call == 1 else f"<code {call}>")
        write(control, outcome)
        request = frames.read(control)
    leave(0)


def isolate(limits, filters):
    """Returns the descriptor over which the kernel asks before it starts a thread: whoever holds it decides."""
    # kill(0, …) reaches a whole process group, across namespaces.
    os.setsid()
    check("unshare", libc.unshare(CLONE_NEWNS | CLONE_NEWIPC))
    check("make mounts private", libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None))
    work = f"size={limits['workMiB']}m,nr_inodes={limits['workFiles']},mode=0700".encode()
    check("mount /work", libc.mount(b"tmpfs", b"/work", b"tmpfs", MS_NOSUID | MS_NODEV, work))
    # A second procfs may not be mounted inside a user namespace; nothing here needs the first.
    check("cover /proc", libc.mount(b"tmpfs", b"/proc", b"tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, b"size=4k"))
    os.chdir("/work")
    file_bytes = limits["fileMiB"] * MIB
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits["openFiles"], limits["openFiles"]))
    resource.setrlimit(resource.RLIMIT_STACK, (STACK_BYTES, STACK_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header, none = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    check("drop capabilities", libc.capset(header, none))
    return seccomp.install(libc, filters)


def check(what, code):
    if code != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def limit(request):
    memory = request["memoryMiB"] * MIB
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    if not request["session"]:
        seconds = request["cpuSeconds"]
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def reseed():
    """The same code prints the same numbers: a recorded tool result can be had again."""
    sys.modules["random"].seed(0)
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed(0)


def fresh_main():
    sys.path[:] = ["/work", *(entry for entry in sys.path if entry != os.path.dirname(__file__))]
    sys.argv[:] = [""]
    for own in ("child", "frames", "images", "seccomp", "usage", "zygote"):
        del sys.modules[own]
    # Unbuffered, so that what was printed before a kill is kept.
    sys.stdout = sys.__stdout__ = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8", write_through=True)
    sys.stderr = sys.__stderr__ = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", "backslashreplace", write_through=True)
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = main
    return main.__dict__


def run(code, scope, filename):
    ballast = None
    try:
        ballast = address_space(BALLAST_BYTES)
        if ballast is None:
            raise MemoryError
        linecache.cache[filename] = (len(code), None, code.splitlines(True), filename)
        exec(compile(code, filename, "exec", dont_inherit=True), scope)
        return OK
    except SystemExit as stop:
        if stop.code is None or stop.code == 0:
            return OK
        if not isinstance(stop.code, int):
            report(stop.code)
        return ERROR
    except MemoryError as error:
        del ballast
        show(error)
        return OUT_OF_MEMORY
    except BaseException as error:
        show(error)
        return ERROR


def address_space(size):
    """Given back when it is forgotten, and never memory: it is not touched. None where there is none left."""
    try:
        return mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError:
        return None


def show(error):
    """The traceback as Python prints it, without the frame of this file."""
    try:
        print_exception(type(error), error, error.__traceback__ and error.__traceback__.tb_next)
    except BaseException:
        report(type(error).__name__)


def report(what):
    try:
        write(2, f"{what}\n".encode("utf-8", "backslashreplace"))
    except BaseException:
        write(2, b"error\n")


def leave_with(outcome):
    """Ends as a Python program does: threads are waited for, exit handlers run."""
    try:
        threading._shutdown()
        atexit._run_exitfuncs()
    except BaseException as error:
        show(error)
        outcome = ERROR
    leave({OK: 0, ERROR: 1, OUT_OF_MEMORY: EXIT_OUT_OF_MEMORY}[outcome])

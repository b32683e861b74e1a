"""The process that runs the code, under resource limits."""

import linecache
import os
import resource
import sys
import traceback

EXIT_OUT_OF_MEMORY = 86
FILENAME = "<code>"
MIB = 1 << 20
FILE_MIB, OPEN_FILES = 16, 64


def limit(which, value):
    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def run(request):
    """Does not return: exits as Python does, with EXIT_OUT_OF_MEMORY after a MemoryError."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    sys.stdin = open(0, closefd=False)
    sys.path[0] = os.getcwd()
    for own in ("code_process", "processes", "records"):
        del sys.modules[own]
    if sys.platform == "linux":
        limit(resource.RLIMIT_AS, request["memoryMiB"] * MIB)
    limit(resource.RLIMIT_CPU, request["cpuSeconds"])
    limit(resource.RLIMIT_FSIZE, FILE_MIB * MIB)
    limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    limit(resource.RLIMIT_CORE, 0)
    code = request["code"]
    scope = sys.modules["__main__"].__dict__
    scope.clear()
    scope.update({"__name__": "__main__", "__builtins__": sys.modules["builtins"]})
    try:
        linecache.cache[FILENAME] = (len(code), None, code.splitlines(True), FILENAME)
        exec(compile(code, FILENAME, "exec", dont_inherit=True), scope)
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        traceback.print_exception(type(error), error, error.__traceback__ and error.__traceback__.tb_next)
        sys.exit(EXIT_OUT_OF_MEMORY if isinstance(error, MemoryError) else 1)
    sys.exit(0)

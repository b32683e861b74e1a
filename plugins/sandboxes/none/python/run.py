"""Runs one piece of code from stdin ({"code", "memoryMiB", "cpuSeconds"}) under resource limits. This is no isolation."""

import json
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


def main():
    request = json.load(sys.stdin)
    sys.stdin = open(os.devnull)
    if sys.platform == "linux":
        limit(resource.RLIMIT_AS, request["memoryMiB"] * MIB)
    limit(resource.RLIMIT_CPU, request["cpuSeconds"])
    limit(resource.RLIMIT_FSIZE, FILE_MIB * MIB)
    limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    limit(resource.RLIMIT_CORE, 0)
    code = request["code"]
    scope = {"__name__": "__main__", "__builtins__": __builtins__}
    try:
        linecache.cache[FILENAME] = (len(code), None, code.splitlines(True), FILENAME)
        exec(compile(code, FILENAME, "exec", dont_inherit=True), scope)
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        traceback.print_exception(type(error), error, error.__traceback__ and error.__traceback__.tb_next)
        sys.exit(EXIT_OUT_OF_MEMORY if isinstance(error, MemoryError) else 1)


main()

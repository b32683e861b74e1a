"""Runs code in a namespace of its own and says how it ended. Its last value, `run`, is what the interpreter process calls."""

import asyncio
import atexit
import io
import linecache
import os
import random
import sys
import traceback
import types

# The user's code may replace what these names stand for.
print_exception, run_exit_handlers, write = traceback.print_exception, atexit._run_exitfuncs, os.write
all_tasks, gather, loop = asyncio.all_tasks, asyncio.gather, asyncio.get_event_loop()


def fresh_main():
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = main
    return main.__dict__


def run(code, filename, last):
    try:
        outcome = execute(code, filename)
        end_tasks()
        if last:
            run_exit_handlers()
        return outcome
    except BaseException as error:
        # Of an exit handler, or of a profiler that the code has set.
        show(error)
        return "error"


def execute(code, filename):
    try:
        linecache.cache[filename] = (len(code), None, code.splitlines(True), filename)
        exec(compile(code, filename, "exec", dont_inherit=True), scope)
        return "ok"
    except SystemExit as stop:
        if stop.code is None or stop.code == 0:
            return "ok"
        if not isinstance(stop.code, int):
            report(stop.code)
        return "error"
    except MemoryError as error:
        show(error)
        return "memory-limit"
    except BaseException as error:
        show(error)
        return "error"


def end_tasks():
    """As asyncio.run does elsewhere: what code has left running is cancelled in its own call. Callbacks are dropped by the interpreter process."""
    try:
        tasks = all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(gather(*tasks, return_exceptions=True))
    except BaseException:
        # Without asyncio's own way to wait (Node 22) they end with their callbacks.
        pass


def show(error):
    """The traceback as Python prints it, without the frame of this file."""
    try:
        # Python takes None for stdout.
        print_exception(type(error), error, error.__traceback__ and error.__traceback__.tb_next, file=sys.stderr or standard_error)
    except BaseException:
        report(type(error).__name__)


def report(what):
    try:
        text = f"{what}\n"
    except BaseException:
        text = "error\n"
    try:
        write(2, text.encode("utf-8", "backslashreplace"))
    except OSError:
        # The code has closed it.
        pass


# Unbuffered, so that what was printed before a kill is kept.
sys.stdout = sys.__stdout__ = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8", write_through=True)
sys.stderr = sys.__stderr__ = standard_error = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", "backslashreplace", write_through=True)
# What Python has imported of the JavaScript around it.
for name in [name for name in sys.modules if name.partition(".")[0] in ("js", "pyodide_js")]:
    del sys.modules[name]
# The same code prints the same numbers: a recorded tool result can be had again.
random.seed(0)
scope = fresh_main()
run

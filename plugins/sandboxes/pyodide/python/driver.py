"""Runs code in a namespace of its own and says how it ended. Its last value, `run`, is what the interpreter process calls."""

import atexit
import io
import linecache
import random
import sys
import traceback
import types

# The user's code may replace what these names stand for.
print_exception, run_exit_handlers = traceback.print_exception, atexit._run_exitfuncs


def fresh_main():
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = main
    return main.__dict__


def run(code, filename, last):
    outcome = execute(code, filename)
    if last:
        try:
            run_exit_handlers()
        except BaseException as error:
            show(error)
            outcome = "error"
    return outcome


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


def show(error):
    """The traceback as Python prints it, without the frame of this file."""
    try:
        print_exception(type(error), error, error.__traceback__ and error.__traceback__.tb_next)
    except BaseException:
        report(type(error).__name__)


def report(what):
    try:
        standard_error.write(f"{what}\n")
    except BaseException:
        standard_error.write("error\n")


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

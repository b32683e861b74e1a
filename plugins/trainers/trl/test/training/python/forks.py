"""Runs Python programs in forks of itself, a process that has loaded what every stage of training loads: seconds of imports, once instead of each time.

    → {"id": 1, "argv": ["-m", MODULE, …] | [FILE, …], "cwd": …, "env": {…}, "stdout": FILE, "stderr": FILE}
    ← {"id": 1, "pid": …}, and when it has ended {"id": 1, "ended": "0" | "SIGKILL" | …}

A fork is as `python ARGV` would be: a group of its own, its own environment and files, and the module `__main__`. It ends when stdin does.

What all share is not looked at again: a collection of garbage, and Python's taking apart of all modules at its end, would copy it page by page in every fork.
"""

import atexit
import gc
import json
import os
import runpy
import select
import signal
import sys
import threading
import traceback

import datasets  # noqa: F401
import peft  # noqa: F401
import torch  # noqa: F401
from transformers import (  # noqa: F401
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    Trainer,
)
from trl import DPOTrainer, GRPOTrainer, RewardTrainer, SFTTrainer  # noqa: F401


def say(**told):
    os.write(1, f"{json.dumps(told)}\n".encode())


def serve():
    """Forks until stdin ends; in a fork it returns the program to run."""
    asked, running = b"", {}
    while True:
        for ready in select.select([0, *running], [], [])[0]:
            if ready in running:
                os.close(ready)
                number, pid = running.pop(ready)
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                say(id=number, ended=signal.Signals(-code).name if code < 0 else str(code))
                continue
            read = os.read(0, 1 << 16)
            if not read:
                os._exit(0)
            *lines, asked = (asked + read).split(b"\n")
            for program in map(json.loads, lines):
                pid = os.fork()
                if pid == 0:
                    return program
                running[os.pidfd_open(pid)] = (program["id"], pid)
                say(id=program["id"], pid=pid)


def run(argv, cwd, env, stdout, stderr, **_):
    os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, file in ((1, stdout), (2, stderr)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), number)
    if argv[0] == "-m":
        sys.argv, sys.path[0] = argv[1:], cwd
        runpy.run_module(argv[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv, sys.path[0] = argv, os.path.dirname(argv[0])
        runpy.run_path(argv[0], run_name="__main__")


def ended(program):
    """Runs it, and what it wants done at its end. @returns its exit code"""
    try:
        run(**program)
        code = 0
    except SystemExit as error:
        code = error.code or 0
        if not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


gc.collect()
gc.freeze()
os._exit(ended(serve()))

/** One trajectory's session and the next trajectory: nothing is mixed up, nothing goes on. Each of these leaves its session live while the next one looks. */
import type { Row } from "./row.ts";

const kept = "print('refused', kept)";
/** `code` in a session that goes on; what is left of it must not be seen by `next`. */
const leaves = (promise: string, code: string, next?: string): Row => ({
  promise,
  code: [`kept = 1\n${code}`, kept],
  ...(next === undefined ? {} : { next }),
});
/** Code that may break what takes its own next call: then its session is lost, and nobody else's. */
const breaks = (promise: string, code: string, next?: string): Row => ({
  ...leaves(promise, code, next),
  status: ["ok", "error", "killed", "timeout"],
  says: /^/,
  timeoutMs: 2_000,
});

/** A thread that counts what time it was given, in steps of 10 ms. */
const TICKING = `
import signal, threading, time
ticks = []
def tick():
    while True:
        ticks.append(time.monotonic())
        time.sleep(.01)
threading.Thread(target=tick, daemon=True).start()`;
/** Between the calls lie 600 ms: some 60 ticks, had it gone on. */
const RESTED = "gap = max(b - a for a, b in zip(ticks, ticks[1:] + [time.monotonic()]))\nprint('refused' if gap > .4 else 'BREACH', gap)";
const PAUSE_MS = 600;

/** What a session has changed by the time the next trajectory looks. */
export const leftovers: readonly Row[] = [
  breaks(
    "built-in functions changed",
    "import builtins\nbuiltins.len = builtins.print = lambda *_: 'LEFT'\nbuiltins.LEFT = 1\nimport sys\nprint = lambda *a: sys.stdout.write(' '.join(map(str, a)))",
  ),
  leaves(
    "modules changed and taken out",
    "import json, math\nmath.sqrt = lambda x: 'LEFT'\njson.loads = None\nsys.modules['random'] = None\nsys.modules.pop('os')",
  ),
  breaks(
    "numbers changed in memory",
    "ctypes.c_int.from_address(id(4) + 24).value = 5",
    "print('clean' if 2 + 2 == 4 and sum([1, 3]) == 4 else 'BREACH')",
  ),
  leaves(
    "import hooks",
    "class Hook:\n    def find_spec(self, *_): raise ImportError('LEFT')\nsys.meta_path.insert(0, Hook())\nsys.path_hooks.clear()\nsys.path.insert(0, '/work/left')",
    "import colorsys, wave\nprint('clean')",
  ),
  leaves(
    "trace, profile and audit hooks",
    "sys.settrace(lambda *_: None)\nsys.setprofile(lambda *_: None)\nsys.addaudithook(lambda *_: None)",
    "import sys\nprint('clean' if sys.gettrace() is None and sys.getprofile() is None else 'BREACH')",
  ),
  leaves(
    "environment and working folder",
    "os.environ['LEFT'] = '1'\nos.environ['PYTHONPATH'] = '/work'\nos.mkdir('sub')\nos.chdir('sub')\nlibc.setenv(b'LD_PRELOAD_LEFT', b'x', 1)",
  ),
  leaves("random numbers drawn", "import random\nrandom.seed(99)\nrandom.random()"),
  leaves(
    "signal handlers and masks",
    "import signal\nsignal.signal(signal.SIGALRM, lambda *_: None)\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])",
  ),
  leaves(
    "limits lowered",
    "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))",
    "files = [open(f'f{i}', 'w') for i in range(20)]\nfiles[0].write('x')\nfiles[0].close()\nprint('clean')",
  ),
  leaves(
    "settings of the interpreter",
    "import gc, decimal, locale, warnings\ngc.disable()\nsys.setrecursionlimit(60)\nsys.setswitchinterval(10)\ndecimal.getcontext().prec = 2\nsys.set_int_max_str_digits(640)\nos.umask(0o777)",
    "import decimal, gc, os, sys\nprint('clean' if gc.isenabled() and decimal.getcontext().prec == 28 and sys.get_int_max_str_digits() == 4300 and os.umask(0) != 0o777 else 'BREACH')",
  ),
  leaves(
    "files, folders and links",
    "open('left', 'w').write('x')\nos.makedirs('/tmp/deep/left')\nos.symlink('/work', 'loop')\nos.chmod('/work', 0o500)",
  ),
  leaves(
    "locks on shared files",
    "import fcntl\nlocked = open(os.__file__)\nfcntl.flock(locked, fcntl.LOCK_EX | fcntl.LOCK_NB)",
    "import importlib, os\nimportlib.reload(os)\nprint('clean')",
  ),
  leaves(
    "a marker in the interpreter's own objects",
    "import types\nsys.LEFT = 1\nos.LEFT = ['LEFT']",
    "import gc, os, sys\nprint('BREACH' if hasattr(sys, 'LEFT') or hasattr(os, 'LEFT') else 'clean')",
  ),
  leaves("exit handlers", "import atexit\natexit.register(lambda: os.write(1, b'BREACH'))"),
  leaves(
    "codecs and warning filters",
    "import codecs, warnings\ncodecs.register(lambda name: None)\nwarnings.simplefilter('error')\nsys.stdout.reconfigure(encoding='utf-16')\nsys.stdout.reconfigure(encoding='utf-8')",
    "import warnings\nwarnings.warn('fine')\nprint('clean')",
  ),
  leaves(
    "a main module of another name",
    "sys.modules['__main__'].__name__ = 'LEFT'\nsys.argv.append('LEFT')",
    "import sys\nprint('clean' if __name__ == '__main__' and sys.argv == [''] else 'BREACH')",
  ),
];

/** What a session tries between and in its calls. */
export const sessions: readonly Row[] = [
  { promise: "threads of a session rest between its calls", code: [TICKING, RESTED], pauseMs: PAUSE_MS },
  {
    promise: "threads that send their own process on do not get to",
    code: [
      `${TICKING}\ndef go_on():\n    while True:\n        libc.kill(os.getpid(), 18)\n        libc.syscall(int(NUMBERS['tgkill']), os.getpid(), os.getpid(), 18)\nfor _ in range(4): threading.Thread(target=go_on, daemon=True).start()`,
      RESTED,
    ],
    pauseMs: PAUSE_MS,
  },
  {
    promise: "a kernel timer does not send a session on",
    code: [
      `${TICKING}\nevent = (ctypes.c_int * 16)(0, 0, 18, 0)\ntimer = ctypes.c_int()\nsyscall("timer_create", 1, event, ctypes.byref(timer))\nlibc.timer_settime(ctypes.c_void_p(timer.value), 0, (ctypes.c_long * 4)(0, 50_000_000, 0, 50_000_000), None)`,
      RESTED,
    ],
    pauseMs: PAUSE_MS,
  },
  {
    promise: "an interval timer does not send a session on",
    code: [
      `${TICKING}\nsignal.signal(signal.SIGALRM, lambda *_: None)\nsignal.setitimer(signal.ITIMER_REAL, .05, .05)\nsignal.signal(signal.SIGVTALRM, lambda *_: None)\nsignal.setitimer(signal.ITIMER_VIRTUAL, .05, .05)`,
      `signal.setitimer(signal.ITIMER_REAL, 0)\n${RESTED}`,
    ],
    pauseMs: PAUSE_MS,
  },
  {
    promise: "a timer that is a descriptor does not send a session on",
    code: [
      `${TICKING}\ndescriptor = libc.timerfd_create(1, 0)\nlibc.timerfd_settime(descriptor, 0, (ctypes.c_long * 4)(0, 50_000_000, 0, 50_000_000), None)\nthreading.Thread(target=lambda: [os.read(descriptor, 8) for _ in iter(int, 1)], daemon=True).start()`,
      RESTED,
    ],
    pauseMs: PAUSE_MS,
  },
  {
    promise: "a descriptor's signal does not send a session on",
    code: [
      `${TICKING}\nimport fcntl\nreading, writing = os.pipe()\ntries("F_SETSIG", lambda: fcntl.fcntl(reading, 10, 18))\nfcntl.fcntl(reading, 8, os.getpid())\nsignal.signal(signal.SIGIO, signal.SIG_IGN)\nfcntl.fcntl(reading, 4, os.O_ASYNC)\nos.write(writing, b"x")`,
      RESTED,
    ],
    pauseMs: PAUSE_MS,
  },
  // Its own channel.
  {
    promise: "a session that forges the end of a call is stopped like any other",
    code: ["os.write(3, b'k')\nimport time\ntime.sleep(60)", "print('refused')"],
    timeoutMs: 1_000,
    status: ["timeout"],
    says: /^/,
  },
  {
    promise: "a session that says nonsense about its call only loses itself",
    code: ["kept = 1", "os.write(3, b'nonsense' * 100)\nprint('refused')"],
    timeoutMs: 1_500,
    status: ["ok", "timeout"],
  },
  {
    promise: "a session that closes its channel only loses itself",
    code: ["kept = 1", "print('refused', flush=True)\nos.close(3)"],
    status: ["error", "ok"],
  },
  {
    promise: "a session that takes its next call away from us only loses itself",
    code: ["os.write(3, b'k')\nos.read(3, 1 << 20)\nimport time\ntime.sleep(60)", "print('BREACH')"],
    timeoutMs: 1_000,
    status: ["timeout"],
    says: /^/,
  },
  {
    promise: "a session that does not read a long call is stopped at its time, and its worker lives",
    code: ["os.write(3, b'k')\nimport time\ntime.sleep(60)", `print('BREACH') # ${"x".repeat(1 << 20)}`],
    timeoutMs: 1_000,
    status: ["timeout"],
    says: /^/,
  },
  {
    promise: "a session that sends descriptors over its channel only fools itself",
    code: [
      "kept = 1",
      "import socket\nwith socket.socket(fileno=os.dup(3)) as channel:\n    socket.send_fds(channel, [b'x'], [0, 1, 2])\nprint('refused')",
    ],
    timeoutMs: 1_500,
    status: ["ok", "timeout"],
  },
  {
    promise: "a session flooding between two calls is ended",
    code: [
      `${TICKING}\ndef flood():\n    while True: os.write(1, b'x' * 65536)\nthreading.Thread(target=flood, daemon=True).start()`,
      "time.sleep(10)",
    ],
    earlier: ["ok", "output-limit"],
    status: ["output-limit", "error"],
    says: /x|name 'time'/,
  },
];

/** Processes, threads, signals, time and crashes. */
import type { Row } from "./row.ts";

const SHORT_MS = 1_000;

/** Starts threads until one is refused, or far too many. */
const BOMB = (start: string) => `
import threading, time
threading.stack_size(1 << 15)
count = 0
try:
    while count < 1000:
        ${start}
        count += 1
except (RuntimeError, MemoryError, OSError) as error:
    print("refused", error)
print("threads", "few" if count <= 64 else "BREACH %d" % count)`;

export const processes: readonly Row[] = [
  {
    promise: "no second process by any call of Python",
    code: `
import multiprocessing, pty, subprocess
for what, attempt in {"fork": os.fork, "forkpty": pty.fork, "system": lambda: os.posix_spawn("/bin/sh", ["sh"], {}),
                      "subprocess": lambda: subprocess.run([sys.executable, "-c", ""]), "spawnv": lambda: os.spawnv(os.P_NOWAIT, "/bin/sh", ["sh"]),
                      "multiprocessing": lambda: multiprocessing.Process(target=print).start()}.items():
    tries(what, attempt)`,
  },
  {
    promise: "no second process by vfork or a bare clone",
    code: "print('refused' if libc.vfork() == -1 else 'BREACH')\nfor flags in (17, 0x100 | 17, 0x4100 | 17, 0x8000 | 17, 0):\n    syscall('clone', flags, 0, 0, 0, 0)",
  },
  {
    promise: "threads with small stacks are counted, as root too",
    code: BOMB("threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"),
    status: ["ok"],
  },
  {
    promise: "threads started from C are counted",
    code: `${BOMB("start()").replace(
      "count = 0",
      `
pthread = ctypes.c_ulong()
sleeping = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(("pause", libc))
attributes = ctypes.create_string_buffer(64)
libc.pthread_attr_init(attributes)
libc.pthread_attr_setstacksize(attributes, ctypes.c_size_t(1 << 14))
def start():
    code = libc.pthread_create(ctypes.byref(pthread), attributes, sleeping, None)
    if code:
        raise OSError(code, os.strerror(code))
count = 0`,
    )}
os._exit(0)`,
  },
  {
    promise: "threads that start threads are bounded, to twice as many at the most",
    code: `
import threading, time
threading.stack_size(1 << 15)
alive, refused = [], []
def multiply():
    alive.append(1)
    while not refused:
        try:
            threading.Thread(target=multiply, daemon=True).start()
        except RuntimeError as error:
            refused.append(error)
    time.sleep(60)
threading.Thread(target=multiply, daemon=True).start()
while not refused:
    time.sleep(.01)
time.sleep(.3)
print("refused", refused[0], "BREACH %d" % len(alive) if len(alive) > 128 else "")
sys.stdout.flush()
os._exit(0)`,
  },
  {
    promise: "a thousand threads one after another are an honest use",
    code: "import threading\ndone = []\nfor i in range(1000):\n    thread = threading.Thread(target=done.append, args=(i,))\n    thread.start()\n    thread.join()\nprint('started', len(done))",
    says: /started 1000/,
  },
  {
    promise: "fifty threads at the same time are an honest use",
    code: "import concurrent.futures, time\nwith concurrent.futures.ThreadPoolExecutor(50) as pool:\n    print('sum', sum(pool.map(lambda n: (time.sleep(.05), n)[1], range(50))))",
    says: /sum 1225/,
  },
  {
    promise: "threads that all compute are stopped in time",
    code: "import threading\nprint('refused to end', flush=True)\ndef spin():\n    while True: pass\nfor _ in range(40):\n    threading.Thread(target=spin).start()",
    timeoutMs: SHORT_MS,
    status: ["timeout"],
  },
  {
    promise: "a thread bomb left in a session starves nobody",
    code: [BOMB("threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"), "print('refused', threading.active_count() > 20)"],
    next: "import threading\nthreads = [threading.Thread(target=print, args=('',), kwargs={'end': ''}) for _ in range(50)]\nfor t in threads: t.start()\nfor t in threads: t.join()\nprint('clean')",
  },
  {
    promise: "signals reach nobody: not the parent, not all, not any number",
    code: "for pid in (-1, os.getppid() or -1, *range(2, 200)):\n    for number in (9, 15, 19, 0):\n        try:\n            os.kill(pid, number)\n            if pid > 1: print('BREACH', pid)\n        except OSError as error:\n            pass\nprint('refused')",
  },
  {
    promise: "a signal to its own process group does not reach the ones that made it",
    code: "for number in (15, 1, 10, 9):\n    for send in (lambda: os.kill(0, number), lambda: os.killpg(0, number)):\n        try:\n            send()\n        except OSError:\n            pass\nprint('refused')",
  },
  {
    promise: "a signal to a session's process group does not reach the ones that made it",
    code: ["kept = 1", "import signal\nsignal.signal(15, signal.SIG_IGN)\nos.kill(0, 15)\nprint('refused', kept)"],
  },
  {
    promise: "no queued signal, and no signal that sends a stopped process on",
    code: "import signal\nsyscall('rt_sigqueueinfo', os.getpid(), 18, ctypes.create_string_buffer(128))\nsyscall('rt_tgsigqueueinfo', os.getpid(), os.getpid(), 18, ctypes.create_string_buffer(128))\nsyscall('kill', 0, 18)\nsyscall('tkill', os.getpid(), 18)\nsyscall('tgkill', os.getpid(), os.getpid(), 18)\nsyscall('timer_create', 0, ctypes.create_string_buffer(64), ctypes.create_string_buffer(8))",
  },
  { promise: "no process group or session of its own", code: "syscall('setsid')\nsyscall('setpgid', 0, 0)" },
  {
    promise: "code that kills or stops itself comes to an end",
    code: "print('refused', flush=True)\nfor number in (19, 20, 9):\n    os.kill(os.getpid(), number)",
    timeoutMs: SHORT_MS,
    status: ["ok", "killed", "timeout"],
  },
  {
    promise: "code with all signals blocked is stopped in time",
    code: "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nprint('refused to end', flush=True)\nwhile True: pass",
    timeoutMs: SHORT_MS,
    status: ["timeout"],
  },
  {
    promise: "a storm of timers is stopped in time",
    code: "import signal\nsignal.signal(signal.SIGALRM, lambda *_: None)\nprint('refused to end', flush=True)\nsignal.setitimer(signal.ITIMER_REAL, 1e-6, 1e-6)\nwhile True: pass",
    timeoutMs: SHORT_MS,
    status: ["timeout", "error"],
    says: /refused/,
  },
  {
    promise: "a deadlock is stopped in time",
    code: "import threading\nlock = threading.Lock()\nlock.acquire()\nprint('refused to end', flush=True)\nlock.acquire()",
    timeoutMs: SHORT_MS,
    status: ["timeout"],
  },
  {
    promise: "a read that never ends is stopped in time",
    code: "reading, writing = os.pipe()\nprint('refused to end', flush=True)\nos.read(reading, 1)",
    timeoutMs: SHORT_MS,
    status: ["timeout"],
  },
  {
    promise: "an exit handler that never ends is stopped in time",
    code: "import atexit\n@atexit.register\ndef forever():\n    while True: pass\nprint('refused to end')",
    timeoutMs: SHORT_MS,
    status: ["timeout"],
  },
  {
    promise: "a finalizer that never ends is stopped in time",
    code: "class Late:\n    def __del__(self):\n        while True: pass\nprint('refused to end')\nLate()",
    timeoutMs: SHORT_MS,
    status: ["timeout"],
  },
  {
    promise: "a thread that outlives its code is stopped in time",
    code: "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\nprint('refused to end')",
    timeoutMs: SHORT_MS,
    status: ["timeout"],
  },
  {
    promise: "an exit in the middle of threads ends all of them",
    code: "import threading, time\nfor _ in range(10):\n    threading.Thread(target=time.sleep, args=(600,)).start()\nprint('refused', flush=True)\nos._exit(0)",
  },
  {
    promise: "an exit code that means something here fools only its sender",
    code: "print('refused', flush=True)\nos._exit(86)",
    status: ["memory-limit"],
  },
  {
    promise: "an exit code as if it had not been isolated fools only its sender",
    code: "print('refused', flush=True)\nos._exit(87)",
    status: ["error"],
  },
  {
    promise: "a null pointer in C ends its own process only",
    code: "print('refused', flush=True)\nctypes.c_int.from_address(0).value = 1",
    status: ["killed"],
    says: /killed by SIGSEGV/,
  },
  {
    promise: "a jump to nowhere ends its own process only",
    code: "print('refused', flush=True)\nctypes.CFUNCTYPE(None)(1)()",
    status: ["killed"],
    says: /killed by SIG/,
  },
  { promise: "an abort ends its own process only", code: "print('refused', flush=True)\nlibc.abort()", status: ["killed"], says: /killed by SIG/ },
  {
    promise: "a stack overflow in C ends its own process only",
    code: "sys.setrecursionlimit(10**9)\nclass A:\n    def __getattr__(self, name): return getattr(self, name + 'x')\nprint('refused', flush=True)\nrepr(eval('[' * 90 + ']' * 90))\nx = []\nfor _ in range(10**6): x = [x]\nrepr(x)\nA().b",
    status: ["killed", "error", "memory-limit", "timeout"],
    timeoutMs: 5_000,
  },
  {
    promise: "a fault handler that crashes on purpose ends its own process only",
    code: "import faulthandler\nprint('refused', flush=True)\nfaulthandler.enable()\nfaulthandler._sigsegv()",
    status: ["killed", "ok"],
    says: /Segmentation fault/,
  },
  {
    promise: "a fault handler's own exit is an exit",
    code: "import faulthandler, time\nprint('refused', flush=True)\nfaulthandler.dump_traceback_later(.1, exit=True)\ntime.sleep(60)",
    status: ["error"],
    says: /Timeout/,
  },
];

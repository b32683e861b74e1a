import { pythonEnvironments } from "@autotraj/core";
import { type ExecutionResult, PYTHON, SANDBOX, type Sandbox } from "@autotraj/core/plugin";
import { defaultCacheDir, type PluginUnderTest, setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import { output } from "../../bwrap/test/hostile/output.ts";
import { itKeeps, type Row } from "../../bwrap/test/hostile/row.ts";
import plugin from "../src/index.ts";
import { processesWith } from "./processes.ts";

const SHORT_MS = 1_000;

/** What `none` promises is little: limits of time, memory and output, an outcome that is true, and an end. */
const limits: readonly Row[] = [
  ...(
    [
      ["spins", "print('first', flush=True)\nwhile True: pass"],
      ["sleeps", "import time\nprint('first', flush=True)\ntime.sleep(1e6)"],
      [
        "ignores every signal",
        "import signal\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nprint('first', flush=True)\nwhile True: pass",
      ],
      ["blocks every signal", "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nprint('first', flush=True)\nwhile True: pass"],
      ["swallows every exception", "print('first', flush=True)\nwhile True:\n    try:\n        while True: pass\n    except BaseException: pass"],
      ["waits for a lock", "import threading\nlock = threading.Lock()\nlock.acquire()\nprint('first', flush=True)\nlock.acquire()"],
      ["reads for ever", "reading, writing = os.pipe()\nprint('first', flush=True)\nos.read(reading, 1)"],
      ["has an exit handler without end", "import atexit\n@atexit.register\ndef forever():\n    while True: pass\nprint('first')"],
      ["has a finalizer without end", "class Late:\n    def __del__(self):\n        while True: pass\nprint('first')\nLate()"],
      ["leaves a thread", "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\nprint('first')"],
      ["stops itself", "print('first', flush=True)\nos.kill(os.getpid(), 19)"],
      ["computes in one step", "print('first', flush=True)\n10 ** 10 ** 9"],
      [
        "spins in forty threads",
        "import threading\nprint('first', flush=True)\ndef spin():\n    while True: pass\nfor _ in range(40): threading.Thread(target=spin).start()",
      ],
      ["backtracks in a pattern", "import re\nprint('first', flush=True)\nre.match('(a+)+$', 'a' * 40 + 'b')"],
      ["sorts without end", "class A:\n    def __lt__(self, other):\n        while True: pass\nprint('first', flush=True)\nsorted([A(), A()])"],
      ["prints now and then", "import time\nprint('first', flush=True)\nwhile True:\n    time.sleep(0.2)\n    print('.', flush=True)"],
      ["waits for a child", "print('first', flush=True)\nif os.fork() == 0:\n    while True: pass\nos.wait()"],
      ["waits for a reader", "os.mkfifo('pipe')\nprint('first', flush=True)\nopen('pipe', 'w')"],
      ["waits for nothing", "import select\nprint('first', flush=True)\nselect.select([], [], [])"],
      ["joins a thread", "import threading\nt = threading.Thread(target=threading.Event().wait)\nt.start()\nprint('first', flush=True)\nt.join()"],
      ["listens", "import socket\ns = socket.socket()\ns.bind(('127.0.0.1', 0))\ns.listen()\nprint('first', flush=True)\ns.accept()"],
      ["imports without end", "open('slow.py', 'w').write('while True: pass')\nsys.path.insert(0, '.')\nprint('first', flush=True)\nimport slow"],
      ["turns its timers off", "import signal\nfor which in range(3): signal.setitimer(which, 0)\nprint('first', flush=True)\nwhile True: pass"],
      ["sleeps in an event loop", "import asyncio\nprint('first', flush=True)\nasyncio.run(asyncio.sleep(1e6))"],
      ["traces itself", "sys.settrace(lambda *_: None)\nprint('first', flush=True)\nwhile True: pass"],
      ["becomes another program", "print('first', flush=True)\nos.execvp('sleep', ['sleep', '1000000'])"],
      ["has a session of its own", "os.setsid() if os.getpid() != os.getpgrp() else None\nprint('first', flush=True)\nwhile True: pass"],
      ["spins in children", "print('first', flush=True)\nfor _ in range(3): os.fork()\nwhile True: pass"],
    ] as const
  ).map(
    ([what, code]): Row => ({
      promise: `time: code that ${what} is stopped`,
      code,
      timeoutMs: SHORT_MS,
      status: ["timeout", "memory-limit"],
      says: /first/,
    }),
  ),
  ...(
    [
      ["one allocation", "bytearray(8 << 30)"],
      ["a growing list", "rows = []\nwhile True: rows.append(bytearray(1 << 20))"],
      ["a repeated text", "'x' * (8 << 30)"],
      ["a growing dictionary", "d, n = {}, 0\nwhile True:\n    d[n] = bytes(1 << 20)\n    n += 1"],
      ["a range made a list", "list(range(1 << 30))"],
      ["a doubled text", "s = 'x' * (1 << 24)\nwhile True: s = s + s"],
      ["nested lists", "a = []\nwhile True: a = [a, bytearray(1 << 20)]"],
      ["a growing bytearray", "b = bytearray(1 << 20)\nwhile True: b = b + b"],
    ] as const
  ).map(([what, code]): Row => ({ promise: `memory: ${what} meets the limit`, code, status: ["memory-limit"], says: /MemoryError/ })),
  {
    promise: "memory: one file is no larger than a file may be",
    code: "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\ntries('write', lambda: [open('f', 'ab', buffering=0).write(b'x' * (8 << 20)) == 8 << 20 or 1 / 0 for _ in range(4)])",
  },
  ...(
    [
      ["a null pointer", "ctypes.c_int.from_address(0).value = 1", /first/],
      ["an abort", "libc.abort()", /first/],
      ["its own SIGKILL", "os.kill(os.getpid(), 9)", /first/],
      ["an illegal instruction", "os.kill(os.getpid(), 4)", /first/],
      ["a bus error", "os.kill(os.getpid(), 7)", /first/],
      ["a signal that nobody handles", "os.kill(os.getpid(), 10)", /first/],
      ["a segmentation fault", "os.kill(os.getpid(), 11)", /first/],
      ["its own SIGTERM", "os.kill(os.getpid(), 15)", /first/],
      ["a signal to its group", "os.kill(0, 9)", /first/],
      ["a signal to its supervisor", "os.kill(os.getppid(), 9)\nwhile True: pass", /first/],
    ] as const
  ).map(
    ([what, code, says]): Row => ({
      promise: `outcome: ${what} is a killed program`,
      code: `print('first', flush=True)\n${code}`,
      status: ["killed"],
      says,
    }),
  ),
  {
    promise: "outcome: a polite signal to its supervisor is a killed program",
    code: "print('first', flush=True)\nos.kill(os.getppid(), 15)\nwhile True: pass",
    status: ["killed"],
    says: /first/,
  },
  {
    promise: "outcome: an exit code that means something here fools only its sender",
    code: "print('first', flush=True)\nos._exit(86)",
    status: ["memory-limit"],
    says: /first/,
  },
  { promise: "outcome: standard input is empty, and not the supervisor's", code: "print('first', repr(sys.stdin.read()))", says: /first ''/ },
  {
    promise: "outcome: folders without rights are removed",
    code: "os.makedirs('a/b/c')\nopen('a/b/f', 'w').close()\nos.chmod('a/b', 0)\nos.chmod('a', 0)\nprint('first')",
    says: /first/,
  },
  {
    promise: "outcome: links in the folder are removed, not what they lead to",
    code: "os.symlink('/', 'root')\nos.symlink('root', 'loop')\nprint('first')",
    says: /first/,
  },
];

/** `NUMBER` is one of its own for each; a process that shows it is one that was left. All keep the output open unless they say otherwise. */
const daemons: readonly (readonly [what: string, code: string, status?: ExecutionResult["status"]])[] = [
  ["runs in the background", "subprocess.Popen(SLEEP)"],
  ["has a session of its own", "subprocess.Popen(SLEEP, start_new_session=True)"],
  ["was forked twice", "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: os.execvp('sleep', SLEEP)\n    os._exit(0)"],
  ["has closed the output", "subprocess.Popen(SLEEP, start_new_session=True, stdin=-3, stdout=-3, stderr=-3)"],
  ["has an empty environment", "subprocess.Popen(SLEEP, start_new_session=True, env={})"],
  ["holds standard error only", "subprocess.Popen(SLEEP, start_new_session=True, stdout=-3)"],
  ["works in another folder", "subprocess.Popen(SLEEP, start_new_session=True, cwd='/')"],
  ["does not hear a hangup", "subprocess.run(['sh', '-c', 'nohup sleep NUMBER > /dev/null 2>&1 &'])"],
  ["was started at the exit", "import atexit\natexit.register(subprocess.Popen, SLEEP, start_new_session=True)"],
  [
    "was started by a thread",
    "import threading\nt = threading.Thread(target=subprocess.Popen, args=(SLEEP,), kwargs={'start_new_session': True})\nt.start()\nt.join()",
  ],
  [
    "is the child of a stopped one",
    "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: os.execvp('sleep', SLEEP)\n    os.kill(os.getpid(), 19)",
  ],
  ["comes from a shell", "subprocess.run(['sh', '-c', 'trap \"\" HUP TERM; setsid sleep NUMBER & (sleep NUMBER &) ; true'])"],
  ["is stopped", "p = subprocess.Popen(SLEEP, start_new_session=True)\np.send_signal(19)"],
  ["is one of a hundred", "for _ in range(100): subprocess.Popen(SLEEP, start_new_session=True)"],
  ["is deep in a chain", "for _ in range(20):\n    if os.fork() != 0:\n        os._exit(0)\n    os.setsid()\nos.execvp('sleep', SLEEP)"],
  ["is never the same process for long", "if os.fork() == 0:\n    os.setsid()\n    while True:\n        if os.fork() != 0: os._exit(0)"],
  [
    "multiplies",
    "if os.fork() == 0:\n    for _ in range(7):\n        os.fork()\n        os.setsid() if os.getpid() != os.getpgrp() else 0\n    os.execvp('sleep', SLEEP)",
  ],
  ["starts while the time ends", "subprocess.Popen(SLEEP, start_new_session=True)\nwhile True: pass", "timeout"],
  [
    "floods the output",
    "if os.fork() == 0:\n    os.setsid()\n    while True: os.write(1, b'x' * 65536)\nimport time\ntime.sleep(60)",
    "output-limit",
  ],
  ["starts before its supervisor is killed", "subprocess.Popen(SLEEP, start_new_session=True)\nos.kill(os.getppid(), 9)\nwhile True: pass", "killed"],
  [
    "starts before its supervisor is stopped",
    "subprocess.Popen(SLEEP, start_new_session=True)\nos.kill(os.getppid(), 19)\nwhile True: pass",
    "timeout",
  ],
  [
    "keeps its supervisor stopped",
    "if os.fork() == 0:\n    os.setsid()\n    supervisor = PARENT\n    while True: os.kill(supervisor, 19)\nwhile True: pass",
    "timeout",
  ],
];

describe("sandbox-none", function () {
  this.timeout(60_000);
  let plugged: PluginUnderTest;
  let sandbox: Sandbox;
  before(async () => {
    plugged = await setupPlugin(plugin, { options: { packages: false }, services: [[PYTHON, pythonEnvironments(defaultCacheDir())]] });
    sandbox = plugged.provided(SANDBOX);
    await sandbox.selfTest();
  });
  after(() => plugged.dispose());

  /** Its executions share nothing: four run side by side. */
  const lanes = () => ({
    sandboxes: [sandbox, sandbox, sandbox, sandbox],
    next: "import os\nprint('clean' if os.listdir() == [] else os.listdir())",
  });

  describe("promises", () => itKeeps(limits, lanes));
  describe("promises of output:", () => itKeeps(output, lanes));

  describe("is held open by no process, and leaves none, that", () => {
    if (process.platform !== "linux") return;
    for (const [index, [what, code, status = "ok"]] of daemons.entries()) {
      it(what, async () => {
        const number = String(7_000_000 + process.pid * 100 + index);
        const head = `import os, subprocess\nPARENT, SLEEP = os.getppid(), ["sleep", "${number}"]\nprint(os.environ["AUTOTRAJ_EXECUTION"], flush=True)\n`;
        const request = { code: head + code.replaceAll("NUMBER", number), timeoutMs: 2_000, memoryMiB: 512 };
        const result = await sandbox.execute(request, { signal: new AbortController().signal });
        expect(result.status, result.stderr).to.equal(status);
        const mark = result.stdout.slice(0, 36);
        expect(mark).to.match(/^[\da-f-]{36}$/);
        expect(processesWith(number, mark), "processes left").to.deep.equal([]);
      });
    }
  });
});

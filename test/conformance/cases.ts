/**
 * What every sandbox owes to those who run code in it, wherever the code runs: one table for all of them.
 * How attacks are contained is in test/hostile; this is about what honest code, and honest mistakes, get to see.
 */
import type { ExecutionRequest, ExecutionResult } from "@autotraj/core/plugin";

export type Place = "bwrap" | "pyodide" | "fusion over sandbox serve";

/** One call and what must come of it. What is not named may be anything. */
export interface Call extends Partial<ExecutionRequest> {
  readonly code: string;
  readonly status: ExecutionResult["status"];
  readonly stdout?: string | RegExp;
  readonly stderr?: string | RegExp;
  readonly truncatedBytes?: number;
  readonly lost?: true;
}

export interface Case {
  readonly name: string;
  /** One after the other; `session` is the case's own wherever it is `true`. */
  readonly calls: readonly (Omit<Call, "session"> & { readonly session?: true })[];
  /** Where it is not promised, and why. */
  readonly except?: Partial<Record<Place, string>>;
}

const KEPT_BYTES = 64 * 1024;
const SHORT_MS = 1_000;
/** For code that need not get anywhere before. */
const SHORTEST_MS = 400;
const session = true;

export const cases: readonly Case[] = [
  { name: "prints", calls: [{ code: "print(2 + 2)", status: "ok", stdout: "4\n", stderr: "", truncatedBytes: 0 }] },
  { name: "says nothing where nothing is printed", calls: [{ code: "2 + 2", status: "ok", stdout: "", stderr: "" }] },
  { name: "runs empty code", calls: [{ code: "", status: "ok", stdout: "", stderr: "" }] },
  {
    name: "keeps stdout and stderr apart",
    calls: [{ code: "import sys\nprint('out')\nprint('err', file=sys.stderr)", status: "ok", stdout: "out\n", stderr: "err\n" }],
  },
  {
    name: "shows an exception with the lines of the code alone",
    calls: [
      {
        code: "print('before')\ndef half(n):\n    return n / 0\nhalf(4)",
        status: "error",
        stdout: "before\n",
        stderr:
          /^Traceback \(most recent call last\):\n {2}File "<code>", line 4, in <module>\n[^"]*File "<code>", line 3, in half\n[^"]*ZeroDivisionError.*\n$/,
      },
    ],
  },
  {
    name: "reports a syntax error",
    calls: [{ code: "print('no')\na =", status: "error", stdout: "", stderr: /File "<code>", line 2[\s\S]*SyntaxError/ }],
  },
  { name: "reports a lone surrogate as an error of the code", calls: [{ code: "a = '\ud800'", status: "error", stderr: /surrogates/ }] },
  {
    name: "takes sys.exit() for a good end and sys.exit(message) for a failure",
    calls: [
      { code: "print(1)\nraise SystemExit", status: "ok", stdout: "1\n" },
      { code: "import sys\nsys.exit('gone')", status: "error", stderr: "gone\n" },
      { code: "import sys\nsys.exit(3)", status: "error", stderr: "" },
    ],
  },
  {
    name: "stops endless code and keeps what it printed, unfinished line included",
    calls: [{ code: "print('so far', end='')\nwhile True: pass", timeoutMs: SHORT_MS, status: "timeout", stdout: "so far" }],
  },
  {
    name: "stops code that swallows every exception",
    calls: [{ code: "while True:\n  try:\n    while True: pass\n  except BaseException: pass", timeoutMs: SHORTEST_MS, status: "timeout" }],
  },
  {
    name: "bounds memory",
    calls: [
      { code: "bytearray(600 << 20)\nprint('too much')", memoryMiB: 512, status: "memory-limit", stdout: "" },
      { code: "print(len(bytearray(100 << 20)))", memoryMiB: 512, status: "ok", stdout: `${100 << 20}\n` },
    ],
  },
  {
    name: "ends a flood of output",
    calls: [{ code: "while True: print('x' * 1000)", timeoutMs: 20_000, status: "output-limit", stdout: new RegExp(`^[x\n]{${KEPT_BYTES}}$`) }],
  },
  {
    name: "keeps 64 KiB of long output and counts the rest",
    calls: [
      { code: "print('é' * 100_000)", status: "ok", stdout: "é".repeat(KEPT_BYTES / 2), truncatedBytes: 200_001 - KEPT_BYTES },
      { code: "print('x' + 'é' * 100_000)", status: "ok", stdout: `x${"é".repeat(KEPT_BYTES / 2 - 1)}` },
    ],
  },
  {
    name: "takes and gives back all of Unicode",
    calls: [{ code: "größe = '😀 \\u2028 \u2029 \\x00 “”'\nprint(größe)", status: "ok", stdout: "😀 \u2028 \u2029 \0 “”\n" }],
  },
  {
    name: "shows bytes that are no UTF-8 as replacement characters",
    calls: [{ code: "import sys\nsys.stdout.buffer.write(b'a\\xffb')\nsys.stdout.flush()", status: "ok", stdout: "a\ufffdb" }],
  },
  { name: "has an empty standard input", calls: [{ code: "input()", status: "error", stderr: /EOFError/ }] },
  {
    name: "waits for threads and runs exit handlers, as Python does",
    calls: [
      {
        code: "import atexit, threading, time\natexit.register(print, 'bye')\nthreading.Thread(target=lambda: (time.sleep(.05), print('thread'))).start()",
        status: "ok",
        stdout: "thread\nbye\n",
      },
    ],
    except: { pyodide: "WebAssembly has no threads here" },
  },
  {
    name: "is __main__, without arguments, with nothing of ours in its namespace",
    calls: [
      {
        code: "import sys\nprint(__name__, sys.argv, sorted(n for n in globals() if not n.startswith('__')))\nclass A: pass\nimport pickle; print(type(pickle.loads(pickle.dumps(A()))) is A)",
        status: "ok",
        stdout: "__main__ [''] ['sys']\nTrue\n",
      },
    ],
  },
  {
    name: "leaves nothing for the next execution",
    calls: [
      { code: "import builtins\nbuiltins.left = 1\nopen('left', 'w').write('1')", status: "ok" },
      { code: "import builtins, os\nprint(hasattr(builtins, 'left'), os.path.exists('left'))", status: "ok", stdout: "False False\n" },
    ],
  },
  {
    name: "gives the same code the same random numbers",
    calls: [1, 2].map(() => ({
      code: "import random\nprint(random.Random(1).random(), random.random())",
      status: "ok",
      stdout: /^0\.134\d+ 0\.844\d+\n$/,
    })),
  },
  {
    name: "keeps a session's variables, imports, functions and files",
    calls: [
      {
        session,
        code: "import math\nx = 41\ndef more(n): return n + 1\nopen('f', 'w').write('kept')\nprint('once')",
        status: "ok",
        stdout: "once\n",
      },
      { session, code: "x = more(x)", status: "ok", stdout: "" },
      { session, code: "print(x, math.pi > 3, open('f').read())", status: "ok", stdout: "42 True kept\n" },
    ],
  },
  {
    name: "keeps in a session what a failed call did before it failed",
    calls: [
      { session, code: "seen = []\nseen.append(1)\n1 / 0\nseen.append(2)", status: "error", stderr: /ZeroDivisionError/ },
      { session, code: "import sys\nseen.append(3)\nsys.exit(2)", status: "error" },
      { session, code: "print(seen)", status: "ok", stdout: "[1, 3]\n", stderr: "" },
    ],
  },
  {
    name: "goes on with the random numbers of a session where it stopped",
    calls: [
      { session, code: "import random\nx = random.random()", status: "ok" },
      { session, code: "print(x == random.Random(0).random(), x != random.random())", status: "ok", stdout: "True True\n" },
    ],
  },
  {
    name: "names a session's calls in tracebacks",
    calls: [
      { session, code: "def f():\n    return 1 / 0", status: "ok" },
      {
        session,
        code: "f()",
        status: "error",
        stderr: /File "<code 2>", line 1, in <module>\n {4}f\(\)[\s\S]*File "<code>", line 2, in f\n {4}return 1 \/ 0/,
      },
    ],
  },
  ...(
    [
      ["a time-out", "while True: pass", "timeout", SHORTEST_MS],
      ["a flood of output", "while True: print('x' * 1000)", "output-limit", 3 * SHORT_MS],
    ] as const
  ).map(
    ([what, code, status, timeoutMs]): Case => ({
      name: `loses a session to ${what}, says so, and begins it anew`,
      calls: [
        { session, code: "x = 1", status: "ok" },
        { session, code, timeoutMs, status, lost: true },
        { session, code: "print('x' in globals())\ny = 2", status: "ok", stdout: "False\n" },
        { session, code: "print(y)", status: "ok", stdout: "2\n" },
      ],
    }),
  ),
  {
    name: "keeps a session that came to its memory limit",
    calls: [
      { session, code: "x = 1", status: "ok", memoryMiB: 512 },
      { session, code: "bytearray(600 << 20)", status: "memory-limit", memoryMiB: 512 },
      { session, code: "print(x)", status: "ok", stdout: "1\n", memoryMiB: 512 },
    ],
  },
];

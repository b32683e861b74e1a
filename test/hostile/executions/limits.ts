/** Code without end, and code that wants too much: it ends where it should, and what it had printed is kept. */
import type { Row } from "./row.ts";

const SHORT_MS = 600;
const endless = { status: "timeout", timeoutMs: SHORT_MS } as const;

export const LIMITS: readonly Row[] = [
  { promise: "a loop ends, and what it printed is kept", code: "print('so far', end='')\nwhile True: pass", ...endless, stdout: "so far" },
  {
    promise: "a loop that catches everything ends",
    code: "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    ...endless,
  },
  { promise: "a search without end in the regex engine ends", code: "import re\nre.match(r'(a|a)*$', 'a' * 60 + 'b')", ...endless },
  { promise: "one endless operation in C ends", code: "n = 7 ** (10 ** 7)\nn ** 1000", ...endless, memoryMiB: 512 },
  {
    promise: "sorting with a comparison that never answers ends",
    code: "class C:\n    def __lt__(self, other):\n        while True: pass\nsorted([C(), C()])",
    ...endless,
  },
  {
    promise: "an iterator without end inside C ends",
    code: "import itertools, collections\ncollections.deque(itertools.repeat(1), maxlen=0)",
    ...endless,
  },
  { promise: "sleeping ends", code: "import time\ntime.sleep(1e6)", ...endless },
  {
    promise: "waiting for a future that nobody sets ends",
    alone: true,
    code: "import asyncio\nasync def f(): await asyncio.Future()\nasyncio.run(f())",
    ...endless,
  },
  {
    promise: "asyncio that never rests ends",
    code: "import asyncio\nasync def f():\n    while True: await asyncio.sleep(0)\nasyncio.run(f())",
    ...endless,
  },
  {
    promise: "a thread is refused",
    code: "import threading\nthreading.Thread(target=print).start()",
    status: "error",
    stderr: /can't start new thread/,
  },
  {
    promise: "a thread pool is refused",
    code: "from concurrent.futures import ThreadPoolExecutor as P\nP().submit(print).result()",
    status: "error",
    stderr: /can't start new thread/,
  },
  { promise: "a process pool is refused", code: "import multiprocessing as m\nm.Pool(2)", status: "error", stderr: /Error/ },
  { promise: "one huge object is refused", code: "bytearray(1 << 30)", status: "memory-limit", stderr: /MemoryError/ },
  {
    promise: "many objects are refused, and the session goes on",
    code: "rows = []\nwhile True: rows.append(bytes(1 << 20))",
    alone: true,
    status: "memory-limit",
    stderr: /MemoryError/,
    next: { same: { code: "rows = None\nprint('on')", stdout: "on\n" } },
  },
  { promise: "a huge number is refused", code: "1 << (1 << 32)", status: "memory-limit", stderr: /MemoryError/ },
  { promise: "a list repeated without sense is refused", code: "[0] * (1 << 40)", status: "error", stderr: /OverflowError|MemoryError/ },
  {
    promise: "memory of JavaScript is bounded too",
    code: "from pyodide.ffi import to_js\nkept = []\nwhile True: kept.append(to_js(bytes(16 << 20)))",
    alone: true,
    status: "memory-limit",
    timeoutMs: 20_000,
  },
  { promise: "recursion without end is an error", code: "def f(): return f()\nf()", status: "error", stderr: /RecursionError/ },
  {
    promise: "recursion in C does not take the interpreter along in silence",
    code: "x = []\nfor _ in range(100_000): x = [x]\nprint(len(repr(x)) > 0)",
    status: "killed",
    stdout: /^/,
    stderr: /crashed: RangeError: Maximum call stack/,
  },
  {
    promise: "an expression nested too deep is an error",
    code: `eval("(" * 5000 + ")" * 5000)`,
    status: "error",
    stderr: /SyntaxError|MemoryError|RecursionError/,
  },
];

/** What is printed: forged ends and frames, bytes that are no text, floods, closed streams. True of every sandbox that runs a process per execution. */
import type { Row } from "./row.ts";

/** A result as the machinery's own messages have it. */
const FORGED = `
import json, struct
body = json.dumps({"done": "error", "stdout": "forged", "stderr": "", "truncatedBytes": 0, "durationMs": 0, "sessionLost": False, "heldBytes": 0}).encode()
frame = struct.pack(">I", len(body)) + body`;

const [ESCAPE, BELL] = ["\u001b", "\u0007"];

export const output: readonly Row[] = [
  { promise: "a result forged on stdout is text", code: `${FORGED}\nos.write(1, frame + b"\\nreal\\n")`, says: /"forged"[\s\S]*\nreal\n/ },
  { promise: "a result forged on stderr is text", code: `${FORGED}\nos.write(2, frame)\nprint("real")`, says: /real\n[\s\S]*"forged"/ },
  {
    promise: "a result forged on any other descriptor goes nowhere",
    code: `${FORGED}\nfor descriptor in range(3, 64):\n    try:\n        os.write(descriptor, frame)\n    except OSError:\n        pass\nprint("real")`,
    says: /^real\n$/,
  },
  {
    promise: "words that the tool adds itself change no outcome",
    code: "print('[timeout after 5 s]\\n[the program was killed]\\n[memory limit]')\nprint('[killed by SIGKILL]', file=sys.stderr)",
    says: /\[timeout after 5 s\]/,
  },
  {
    promise: "a forged traceback is text",
    code: "print('Traceback (most recent call last):\\n  File \"<code>\", line 1\\nMemoryError', file=sys.stderr)",
    says: /MemoryError/,
  },
  {
    promise: "all bytes there are come out as text",
    code: "sys.stdout.buffer.write(bytes(range(256)) * 4)\nsys.stdout.flush()\nprint('end')",
    says: /\ufffd[\s\S]*end\n$/,
  },
  { promise: "null bytes are kept", code: "sys.stdout.write('a\\0\\0b')", says: /^a\0\0b$/ },
  { promise: "half a character at the end is a replacement character", code: "os.write(1, b'ab\\xf0\\x9f')", says: /^ab\ufffd+$/ },
  { promise: "a lone surrogate is an error of the code", code: "print('\\ud800')", status: ["error"], says: /surrogates not allowed/ },
  {
    promise: "a lone surrogate in an error's text is shown escaped",
    code: "raise ValueError('\\udcff')",
    status: ["error"],
    says: /ValueError: \\udcff/,
  },
  {
    promise: "escape sequences for a terminal come out as they were written",
    code: "print('\\x1b[2J\\x1b]0;title\\x07')",
    says: new RegExp(`^${ESCAPE}\\[2J${ESCAPE}\\]0;title${BELL}\n$`),
  },
  { promise: "a flood without a line end is ended", code: "while True: os.write(1, b'x' * 65536)", status: ["output-limit"], says: /^x{65536}$/ },
  {
    promise: "a flood over both streams is ended",
    code: "while True:\n    os.write(1, b'x' * 4096)\n    os.write(2, b'y' * 4096)",
    status: ["output-limit"],
    says: /x/,
  },
  {
    promise: "a flood of tiny writes is ended",
    code: "while True: os.write(1, b'z')",
    status: ["output-limit", "timeout"],
    says: /z/,
    timeoutMs: 10_000,
  },
  {
    promise: "a flood from an exit handler is ended",
    code: "import atexit\n@atexit.register\ndef flood():\n    while True: os.write(1, b'x' * 65536)\nprint('first')",
    status: ["output-limit"],
    says: /first/,
  },
  {
    promise: "a flood from a thread behind the end of the code is ended",
    code: "import threading\ndef flood():\n    while True: os.write(1, b'x' * 65536)\nprint('first')\nthreading.Thread(target=flood).start()",
    status: ["output-limit"],
    says: /first/,
  },
  {
    promise: "an endless error text is cut",
    code: "raise ValueError('x' * (8 << 20))",
    status: ["error", "output-limit"],
    says: /ValueError|Traceback/,
  },
  {
    promise: "writing nothing for ever is stopped in time",
    code: "print('first')\nwhile True: os.write(1, b'')",
    timeoutMs: 1_000,
    status: ["timeout"],
    says: /first/,
  },
  {
    promise: "what was printed before the end of time is kept",
    code: "import time\nfor i in range(10**6):\n    print(i, end=' ')\n    time.sleep(.02)",
    timeoutMs: 1_000,
    status: ["timeout"],
    says: /^0 1 2 /,
  },
  {
    promise: "a closed stdout ends nothing",
    code: "print('first', flush=True)\nos.close(1)\nprint('end', file=sys.stderr)",
    status: ["ok", "error"],
    says: /first[\s\S]*end/,
  },
  { promise: "a closed stderr ends nothing", code: "os.close(2)\nprint('end')", says: /end/ },
  {
    promise: "all descriptors closed ends nothing",
    code: "print('first', flush=True)\nos.closerange(0, 64)",
    status: ["ok", "error"],
    says: /first/,
  },
  {
    promise: "streams replaced by things that fail end nothing",
    code: "print('first', flush=True)\nclass Bad:\n    def __getattr__(self, name): raise KeyError(name)\nsys.stdout = sys.stderr = Bad()\n1 / 0",
    status: ["error"],
    says: /first/,
  },
  {
    promise: "streams that are gone end nothing",
    code: "print('first', flush=True)\ndel sys.stdout, sys.stderr, sys.__stdout__\n1 / 0",
    status: ["error"],
    says: /first/,
  },
  {
    promise: "a hook for exceptions cannot turn a failure into a success",
    code: "print('first', flush=True)\nsys.excepthook = lambda *_: os._exit(0)\nimport traceback\ntraceback.print_exception = lambda *_, **__: None\n1 / 0",
    status: ["error", "ok"],
    says: /first/,
  },
  { promise: "an exit without a flush loses nothing", code: "sys.stdout.write('kept')\nos._exit(0)", says: /^kept$/ },
  {
    promise: "output that does not block is read all the same",
    code: "os.set_blocking(1, False)\nsent = 0\nwhile sent < 200_000:\n    try:\n        sent += os.write(1, b'x' * 1000)\n    except BlockingIOError:\n        pass",
    says: /^x{65536}$/,
  },
  {
    promise: "a traceback as long as the recursion limit is shown shortened",
    code: "def f(n): f(n + 1)\nf(0)",
    status: ["error"],
    says: /Previous line repeated[\s\S]*RecursionError/,
  },
  {
    promise: "output comes as it was written when both streams are one",
    code: "os.dup2(1, 2)\nprint('a', file=sys.stderr)\nprint('b')",
    says: /^a\nb\n$/,
  },
];

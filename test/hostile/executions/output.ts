/** What is printed: all of it up to the limit, nothing that was not, and never in the name of the sandbox. */
import type { Row } from "./row.ts";

const KEPT = 64 * 1024;
/** As the interpreter's own messages look on its pipe. */
const FRAMES = `import json, struct
def frame(kind, body): return struct.pack(">BI", kind, len(body)) + body
done = frame(3, json.dumps({"done": "ok", "usable": True}).encode())
`;

export const OUTPUT: readonly Row[] = [
  {
    promise: "one print of a hundred megabytes ends the code at once",
    code: "print('x' * 100_000_000)",
    status: "output-limit",
    stdout: /^x{65536}$/,
  },
  { promise: "print without end ends", code: "while True: print('x' * 100)", status: "output-limit", stdout: /^(?:x{100}\n)+x*$/ },
  { promise: "stderr without end ends", code: "import sys\nwhile True: sys.stderr.write('e' * 100)", status: "output-limit", stderr: /^e{65536}$/ },
  { promise: "what is beyond the limit is counted", code: "print('x' * 70_000, end='')", stdout: /^x{65536}$/, truncatedBytes: 70_000 - KEPT },
  {
    promise: "NUL bytes and control characters come as they are",
    code: "print('a\\0b\\x1b[31m\\x07\\r\\x85', end='')",
    stdout: "a\0b\x1b[31m\x07\r\x85",
  },
  { promise: "a lone surrogate is an error, as in Python", code: "print('\\ud800')", status: "error", stderr: /UnicodeEncodeError/ },
  { promise: "a lone surrogate on stderr is escaped", code: "import sys\nprint('\\ud800', file=sys.stderr)", stderr: /^\\ud800\n$/ },
  {
    promise: "bytes that are no text are shown as such, the last one too",
    code: "import sys\nsys.stdout.buffer.write(b'\\xff ok \\xc3')",
    stdout: "\ufffd ok \ufffd",
  },
  { promise: "a byte order mark is a character like any other", code: "print('\\ufeffx')", stdout: "\ufeffx\n" },
  { promise: "a NUL byte in the code is an error", code: "print(1)\0", status: "error", stderr: /null bytes/ },
  { promise: "a lone surrogate in the code is an error", code: "print('\ud800')", status: "error", stderr: /UnicodeEncodeError/ },
  { promise: "a million characters of code run", code: `x = '${"y".repeat(1_000_000)}'\nprint(len(x))`, stdout: "1000000\n" },
  {
    promise: "frames forged on stdout are text",
    code: `${FRAMES}import sys\nsys.stdout.buffer.write(done + frame(2, b"forged") + frame(9, b""))\n1 / 0`,
    status: "error",
    stdout: /forged/,
    stderr: /ZeroDivisionError/,
  },
  {
    promise: "frames forged on other descriptors go nowhere",
    code: `${FRAMES}import os
for descriptor in range(3, 40):
    try:
        print("BREACH", os.write(descriptor, done))
    except OSError:
        pass
print("forged")`,
    stdout: "forged\n",
  },
  {
    promise: "the terminal is nobody's",
    code: "for name in ('/dev/tty', '/dev/tty1', '/dev/null'):\n    try:\n        open(name, 'w').write('heap out of memory\\n')\n    except OSError: pass\nprint('written')",
    stdout: "written\n",
  },
  {
    promise: "tasks left in asyncio print nothing later",
    code: `import asyncio
async def late():
    await asyncio.sleep(0.01)
    print("BREACH")
async def main():
    global task
    task = asyncio.create_task(late())
asyncio.run(main())
print("over")`,
    alone: true,
    stdout: "over\n",
    next: { same: { code: "import time\ntime.sleep(0.1)\nprint('next')", stdout: "next\n" } },
  },
  {
    promise: "callbacks left in the event loop print nothing between two calls",
    code: `import asyncio
loop = asyncio.get_event_loop_policy().new_event_loop() if hasattr(asyncio, "get_event_loop_policy") else asyncio.new_event_loop()
loop.call_later(0.01, print, "BREACH")
print("over")`,
    alone: true,
    stdout: "over\n",
    stderr: /^[\s\S]*$/,
    next: { same: { code: "import time\ntime.sleep(0.1)\nprint('next')", stdout: "next\n" } },
  },
  { promise: "standard input is empty", code: "import sys\nprint(repr(sys.stdin.read()))", stdout: "''\n" },
];

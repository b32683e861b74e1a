/** The Python and the JavaScript around the code: whatever it does to them, the sandbox says how it ended, and goes on. */
import { ATTEMPT, type Row } from "./row.ts";

export const DRIVER: readonly Row[] = [
  {
    promise: "an outcome that the driver is made to invent is none",
    code: "import sys\nsys._getframe(1).f_globals['execute'] = lambda *given: 'BREACH'",
    alone: true,
    next: { same: { code: "1", status: "killed" } },
  },
  {
    promise: "an outcome that is no text is none",
    code: "import sys\nsys._getframe(1).f_globals['execute'] = lambda *given: {'done': 'ok'}",
    alone: true,
    next: { same: { code: "1", status: "killed" } },
  },
  {
    promise: "a driver without its names says that the interpreter is gone",
    code: "import sys\nsys._getframe(1).f_globals.clear()",
    alone: true,
    status: "killed",
    stderr: /crashed: PythonError/,
  },
  {
    promise: "the frames above the code hold nothing of other executions",
    code: `import sys
frame, seen = sys._getframe(), []
while frame:
    seen.append(frame.f_code.co_name)
    frame = frame.f_back
print(seen)`,
    stdout: "['<module>', 'execute', 'run']\n",
  },
  {
    promise: "a traceback shows the code's own frames only",
    code: "def f():\n    raise ValueError('mine')\nf()",
    status: "error",
    stderr: /^Traceback \(most recent call last\):\n {2}File "<code[ \d]*>", line 3, in <module>\n[\s\S]*in f\n[\s\S]*ValueError: mine\n$/,
  },
  {
    promise: "sys.settrace sees the code end all the same",
    code: "import sys\nsys.settrace(lambda *given: 1 / 0)\ndef f(): pass\nf()",
    alone: true,
    status: "error",
    stderr: /ZeroDivisionError/,
  },
  {
    promise: "sys.setprofile that raises leaves the next call of its session usable",
    code: "import sys\ndef profile(frame, event, given):\n    if event == 'return' and frame.f_code.co_name == 'execute':\n        raise ValueError('late')\nsys.setprofile(profile)",
    alone: true,
    status: "error",
    stderr: /ValueError: late/,
    next: { same: { code: "print('usable')", stdout: "usable\n" } },
  },
  {
    promise: "an excepthook of the code's own is not asked",
    code: "import sys\nsys.excepthook = lambda *given: print('BREACH')\n1 / 0",
    alone: true,
    status: "error",
    stderr: /ZeroDivisionError: division by zero\n$/,
  },
  {
    promise: "traceback's functions may be replaced, errors are shown",
    code: "import traceback, linecache\ntraceback.print_exception = traceback.format_exception = None\nlinecache.cache = None\nraise ValueError('still shown')",
    alone: true,
    status: "error",
    stderr: /ValueError/,
  },
  {
    promise: "print and __import__ may be replaced, in this interpreter only",
    code: "import builtins, sys\nbuiltins.print = builtins.__import__ = builtins.open = None\nsys.stdout.write('done\\n')",
    alone: true,
    stdout: "done\n",
    next: { other: { code: "import math\nprint(math.floor(2.5))", stdout: "2\n" } },
  },
  {
    promise: "exec and compile may be replaced: the session's next call says so",
    code: "import builtins\nbuiltins.compile = lambda *given, **more: 'print(\"replaced\")'",
    alone: true,
    next: { same: { code: "1", stdout: "replaced\n" }, other: { code: "print(1)", stdout: "1\n" } },
  },
  {
    promise: "a hook of the importer reads nothing of the driver's",
    code: `import sys
class Hook:
    def find_spec(self, name, path, target=None):
        print("asked", name)
sys.meta_path.insert(0, Hook())
try:
    import no_such_module
except ImportError:
    pass`,
    alone: true,
    stdout: "asked no_such_module\n",
    next: { same: { code: "print('next')", stdout: "next\n" } },
  },
  {
    promise: "sys.stdout may be closed: how the code ended is known",
    code: "import sys\nprint('before')\nsys.stdout.close()\nx = 1",
    alone: true,
    stdout: "before\n",
  },
  {
    promise: "stderr may be closed: an error is an error, and the session goes on",
    code: "import os\nos.close(2)\n1 / 0",
    alone: true,
    status: "error",
    next: { same: { code: "print('goes on')", stdout: "goes on\n" } },
  },
  {
    promise: "sys.stderr may be closed or missing: an error is an error",
    code: "import sys\nsys.stderr.close()\nsys.stderr = None\n1 / 0",
    alone: true,
    status: "error",
    stderr: /ZeroDivisionError/,
  },
  {
    promise: "an exception that cannot be shown is an error",
    code: "class E(Exception):\n    def __str__(self): raise KeyboardInterrupt\n    __repr__ = __str__\nraise E",
    status: "error",
    stderr: /E/,
  },
  {
    promise: "sys.exit with what cannot be shown is an error",
    code: "class E:\n    def __str__(self): raise SystemExit(0)\nimport sys\nsys.exit(E())",
    status: "error",
    stderr: /^error\n$/,
  },
  {
    promise: "exit handlers of a session do not run in its next call",
    code: "import atexit\natexit.register(print, 'BREACH')",
    alone: true,
    next: { same: { code: "print('next')", stdout: "next\n" } },
  },
  {
    promise: "a recursion limit of next to nothing is the code's own trouble",
    code: "import sys\nsys.setrecursionlimit(sys._getframe().f_code.co_stacksize + 12)\ndef f(n): return f(n + 1)\nf(0)",
    alone: true,
    status: "error",
    stderr: /RecursionError/,
  },
  {
    promise: "gc and inspect find no code but the session's own",
    code: `import gc, types, inspect
names = {one.co_filename for one in gc.get_objects() if isinstance(one, types.CodeType)}
import linecache
print(sorted(name for name in linecache.cache if name.startswith("<code"))[-1] == __import__("sys")._getframe().f_code.co_filename)`,
    alone: true,
    stdout: "True\n",
  },
  {
    promise: "a finalizer that raises at the end changes nothing",
    code: "class F:\n    def __del__(self): raise ValueError('late')\nF()\nprint('done')",
    stdout: "done\n",
    stderr: /Exception ignored/,
  },
  {
    promise: "code that is no Python is an error",
    code: `${ATTEMPT}def (`,
    status: "error",
    stderr: /SyntaxError/,
  },
];

/** What an execution may know of another: of its own session's all, of any other's nothing. */
import type { Row } from "./row.ts";

/** Looks everywhere for a word that another execution's code, variables, files and frames hold, without holding it itself. */
const SEARCH = `
import gc, sys, os, linecache, builtins
word = "".join(map(chr, (83, 69, 67, 82, 69, 84))) + "-OF-ANOTHER"
holds = lambda one: type(one) is str and word in one and one is not word
dicts = [one for one in gc.get_objects() if type(one) is dict]
places = {
    "objects": [key for one in dicts for key, value in list(one.items()) if holds(key) or holds(value)],
    "lists": [one for one in gc.get_objects() if type(one) in (list, tuple) and any(map(holds, one))],
    "sources": [name for name, entry in linecache.cache.items() if word in str(entry)],
    "files": [os.path.join(folder, name) for folder, _, names in os.walk("/") for name in names if "left-behind" in name],
    "environment": [name for name in os.environ if word in os.environ[name]],
    "names": [name for name in ("left_behind", "LEFT") if hasattr(builtins, name) or name in globals()],
}
print(sorted({name for name, found in places.items() if found}))
`;

const LEAVE = (code: string) => `${code}\nsecret = "SECRET-OF-ANOTHER"`;
const nothing = { other: { code: SEARCH, stdout: "[]\n" } } as const;

export const APART: readonly Row[] = [
  {
    promise: "the search finds what is there",
    code: LEAVE("import builtins\nbuiltins.left_behind = 1\nopen('left-behind', 'w').close()"),
    alone: true,
    next: { same: { code: SEARCH, stdout: "['files', 'lists', 'names', 'objects', 'sources']\n" } },
  },
  { promise: "source and variables of another session are nowhere", code: LEAVE(""), alone: true, next: nothing },
  { promise: "names in builtins stay in their session", code: LEAVE("import builtins\nbuiltins.left_behind = 1"), alone: true, next: nothing },
  {
    promise: "changed modules stay in their session",
    code: LEAVE("import math, json, sys\nmath.pi = 3\njson.dumps = None\nsys.modules['re'] = None\nsys.path.insert(0, 'elsewhere')"),
    alone: true,
    next: {
      same: { code: "import math, sys\nprint(math.pi, sys.modules['re'])", stdout: "3 None\n" },
      other: {
        code: "import math, json, re, sys\nprint(math.pi > 3, json.dumps(1), re.sub('a', 'b', 'a'), 'elsewhere' in sys.path)",
        stdout: "True 1 b False\n",
      },
    },
  },
  {
    promise: "files stay in their session, wherever they are",
    code: LEAVE(
      "import os\nfor folder in ('.', '/', '/tmp', '/lib', '/dev/shm', '/home'):\n    try:\n        open(os.path.join(folder, 'left-behind'), 'w').write('x')\n    except OSError:\n        pass\nprint('written')",
    ),
    alone: true,
    stdout: "written\n",
    next: nothing,
  },
  {
    promise: "environment variables stay in their session",
    code: LEAVE("import os\nos.environ['LEFT'] = 'SECRET-OF-ANOTHER'"),
    alone: true,
    next: nothing,
  },
  {
    promise: "proxies and callbacks stay in their session",
    code: LEAVE("from pyodide.ffi import create_proxy\nimport js\njs.LEFT = create_proxy(lambda: 'SECRET-OF-ANOTHER')"),
    alone: true,
    next: { other: { code: "import js\nprint(hasattr(js, 'LEFT'))", stdout: "False\n" } },
  },
  {
    promise: "cycles and finalizers stay in their session",
    code: LEAVE("class Left:\n    def __init__(self): self.me = self\nLeft().word = 'SECRET-OF-ANOTHER'"),
    alone: true,
    next: nothing,
  },
  {
    promise: "an execution that was ended in its middle leaves nothing",
    code: LEAVE("import builtins\nbuiltins.left_behind = 1\nopen('left-behind', 'w').close()\nwhile True: pass"),
    alone: true,
    timeoutMs: 700,
    status: "timeout",
    next: nothing,
  },
  {
    promise: "a session knows its own earlier calls",
    code: "x = 41\ndef f(): return x + 1",
    alone: true,
    next: { same: { code: "print(f())", stdout: "42\n" } },
  },
  {
    promise: "a session begins at its own beginning",
    code: "import sys\nprint(sys._getframe().f_code.co_filename)",
    alone: true,
    stdout: "<code>\n",
  },
];

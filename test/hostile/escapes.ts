/** Python that looks for the JavaScript around Pyodide, and through it for the host. One table, read by `pyodide.test.ts`. */

export interface Escape {
  readonly name: string;
  /** Prints `BREACH` where it got out. */
  readonly code: string;
  /** What stops it; a test that only saw no breach would pass for a typing error in the attack. */
  readonly stoppedBy: RegExp;
}

/** Ways out of Pyodide in Node that were open in one of its usual set-ups. */
export const escapes: readonly Escape[] = [
  {
    name: "the process through the js module",
    code: "import js\nprint('BREACH', js.process)",
    stoppedBy: /AttributeError: process/,
  },
  {
    name: "eval through the js module",
    code: "from js import eval\nprint('BREACH', eval('1'))",
    stoppedBy: /cannot import name 'eval'/,
  },
  {
    name: "run_js",
    code: "from pyodide.code import run_js\nprint('BREACH', run_js('1'))",
    stoppedBy: /cannot import name 'eval'/,
  },
  {
    name: "the Function constructor of a converted list",
    code: "from pyodide.ffi import to_js\nprint('BREACH', to_js([1]).constructor.constructor('return process')())",
    stoppedBy: /EvalError: Code generation from strings disallowed/,
  },
  {
    name: "the Function constructor of Pyodide's own callback",
    code: "from pyodide.webloop import scheduleCallback\nprint('BREACH', scheduleCallback.constructor('return process')())",
    stoppedBy: /EvalError: Code generation from strings disallowed/,
  },
  {
    name: "a setter on the prototype of all objects",
    code: "from pyodide.ffi import to_js\nto_js({}).constructor.prototype.then = 1\nprint('BREACH')",
    stoppedBy: /TypeError: Cannot add property \w+, object is not extensible/,
  },
  {
    name: "eval from C through ctypes",
    code: "import ctypes\nctypes.CDLL(None).emscripten_run_script(b\"process.getBuiltinModule('node:fs').writeFileSync('{{SECRET_FILE}}', '')\")\nprint('BREACH')",
    stoppedBy: /crashed: EvalError/,
  },
  {
    name: "a folder of the host as a file system",
    code: "import pyodide_js, os\npyodide_js.mountNodeFS('/host', os.path.dirname('{{SECRET_FILE}}'))\nprint('BREACH', os.listdir('/host'))",
    stoppedBy: /AttributeError: mountNodeFS/,
  },
  {
    name: "a folder of the host through Emscripten",
    code: "import pyodide_js\npyodide_js.FS.mount(pyodide_js.FS.filesystems.NODEFS, {'root': '/'}, '/tmp')\nprint('BREACH')",
    stoppedBy: /AttributeError: FS/,
  },
  {
    name: "a file of the host through the package loader",
    code: "import pyodide_js\nprint('BREACH', pyodide_js._api.loadBinaryFile('{{SECRET_FILE}}'))",
    stoppedBy: /AttributeError: loadBinaryFile/,
  },
  {
    name: "a package from a server on the host",
    code: "import asyncio, pyodide_js\nasync def load():\n    await pyodide_js.loadPackage('http://127.0.0.1:{{PORT}}/x-1-py3-none-any.whl')\n    print('BREACH')\nasyncio.run(load())",
    stoppedBy: /AttributeError: loadPackage/,
  },
  {
    name: "sockets of Node in place of the emulated ones",
    code: "import asyncio, pyodide_js\nasync def use():\n    await pyodide_js.useNodeSockFS()\n    print('BREACH')\nasyncio.run(use())",
    stoppedBy: /AttributeError: useNodeSockFS/,
  },
  {
    name: "a request with pyfetch",
    code: "import asyncio\nfrom pyodide.http import pyfetch\nasync def get():\n    print('BREACH', await pyfetch('http://127.0.0.1:{{PORT}}/'))\nasyncio.run(get())",
    stoppedBy: /NameError/,
  },
  {
    name: "a request with open_url",
    code: "from pyodide.http import open_url\nprint('BREACH', open_url('http://127.0.0.1:{{PORT}}/'))",
    stoppedBy: /NameError/,
  },
  {
    name: "a connection in asyncio",
    code: "import asyncio\nasync def connect():\n    print('BREACH', await asyncio.open_connection('127.0.0.1', {{PORT}}))\nasyncio.run(asyncio.wait_for(connect(), 2))",
    stoppedBy: /NotImplementedError/,
  },
  {
    name: "Pyodide's own objects, wherever Python can find them",
    code: `
import gc, sys
from pyodide.ffi import JsProxy
doors = ("loadPackage", "mountNodeFS", "useNodeSockFS", "FS", "_module", "loadBinaryFile", "runPython", "env", "kill", "getBuiltinModule", "fetch")
seen = [value for module in list(sys.modules.values()) for value in list(getattr(module, "__dict__", {}).values())] + gc.get_objects()
proxies = [value for value in seen if isinstance(value, JsProxy)]
for value in proxies:
    for door in doors:
        if hasattr(value, door):
            print("BREACH", door)
print("looked at", "some" if proxies else "none")`,
    stoppedBy: /looked at some/,
  },
];

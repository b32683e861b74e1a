/** Ways from Python to JavaScript, and from there to Node. */
import { ATTEMPT, type Row } from "./row.ts";

const FUNCTION = "from pyodide.ffi import to_js, create_proxy, JsException\nFunction = to_js([1]).constructor.constructor\n";
/** Error's own constructor, by way of an error that JavaScript throws. */
const ERROR = `${FUNCTION}
try:
    Function("x")
except JsException as error:
    Error = error.js_error.constructor.__proto__
`;

export const JAVASCRIPT: readonly Row[] = [
  {
    promise: "js holds nothing of Node",
    code: "import js\nprint([name for name in ('process', 'globalThis', 'Function', 'eval', 'fetch', 'require', 'setTimeout', 'Object') if hasattr(js, name)])",
    stdout: "[]\n",
  },
  { promise: "js.eval is not there", code: "import js\njs.eval('1')", status: "error", stderr: /AttributeError: eval/ },
  { promise: "js.fetch is not there", code: "import js\njs.fetch('http://127.0.0.1:{{PORT}}')", status: "error", stderr: /AttributeError: fetch/ },
  { promise: "js.Function is not there", code: "import js\njs.Function('return process')()", status: "error", stderr: /AttributeError: Function/ },
  {
    promise: "js.globalThis.process is not there",
    code: "import js\njs.globalThis.process.exit(1)",
    status: "error",
    stderr: /AttributeError: globalThis/,
  },
  {
    promise: "what code writes into js reaches no global object",
    code: `${FUNCTION}import js\njs.process = to_js({'a': 1})\njs.globalThis = js\ntry:\n    Function('return 1')\nexcept JsException as error:\n    print(error.name)`,
    stdout: "EvalError\n",
  },
  {
    promise: "pyodide_js is one setting and no more",
    code: "import pyodide_js\nprint(dir(pyodide_js._api.object_keys() if hasattr(pyodide_js._api, 'object_keys') else [])[:0], list(pyodide_js.object_keys()), list(pyodide_js._api.object_keys()))",
    stdout: "[] ['_api'] ['config']\n",
  },
  {
    promise: "no door of Pyodide opens through pyodide_js",
    code: `${ATTEMPT}import pyodide_js as p
attempt(lambda: p._module, lambda: p.FS, lambda: p.loadPackage, lambda: p.runPython, lambda: p.globals, lambda: p._api.lockfile, lambda: p.unpackArchive, lambda: p.mountNodeFS)`,
    stdout: "tried 8\n",
  },
  {
    promise: "run_js compiles nothing",
    code: "from pyodide.code import run_js\nrun_js('1')",
    status: "error",
    stderr: /cannot import name 'eval' from 'js'/,
  },
  {
    promise: "Function made of a list's constructors compiles nothing",
    code: `${FUNCTION}Function('return this')()`,
    status: "error",
    stderr: /EvalError: Code generation from strings disallowed/,
  },
  {
    promise: "every kind of function's constructor compiles nothing",
    code: `${ATTEMPT}${FUNCTION}from pyodide.ffi import create_once_callable
import pyodide.webloop
proxies = [to_js({}), to_js(b"x"), create_proxy(print), create_proxy(lambda: 1), pyodide.webloop.scheduleCallback]
attempt(*[lambda p=p: p.constructor.constructor('return process')() for p in proxies])`,
    stdout: "tried 5\n",
  },
  {
    promise: "a subclass of Function compiles nothing",
    code: `${ATTEMPT}${FUNCTION}attempt(lambda: Function.new('return 1'), lambda: Function.bind(None, 'return 1')(), lambda: Function.call(None, 'return 1'), lambda: Function.apply(None, to_js(['return 1'])))`,
    stdout: "tried 4\n",
  },
  {
    promise: "import() of Node's modules cannot be written",
    code: `${FUNCTION}Function("return import('node:fs')")()`,
    status: "error",
    stderr: /EvalError/,
  },
  {
    promise: "what replaces Array.prototype.push is refused",
    code: `${FUNCTION}to_js([1]).constructor.prototype.push = create_proxy(lambda *given: print("BREACH", given), capture_this=True)`,
    status: "error",
    stderr: /TypeError: push is not to be changed in the sandbox/,
  },
  {
    promise: "what replaces Function.prototype.call, apply and bind is refused",
    code: `${ATTEMPT}${FUNCTION}spy = create_proxy(lambda *given: print("BREACH", given), capture_this=True)
attempt(*[lambda name=name: setattr(Function.prototype, name, spy) for name in ("call", "apply", "bind", "toString", "constructor")])`,
    stdout: "tried 5\n",
  },
  {
    promise: "Promise is out of reach: Python gets a future of its own",
    code: `${FUNCTION}print(type(create_proxy(print).callPromising()).__name__)`,
    alone: true,
    stdout: "PyodideFuture\n",
  },
  {
    promise: "nothing is added to what all objects inherit",
    code: `${ATTEMPT}${FUNCTION}Object = Function.__proto__.__proto__.constructor
attempt(lambda: setattr(Object.prototype, "then", 1), lambda: setattr(Object.prototype, "__proto__", to_js({})), lambda: setattr(Object.prototype, "toString", 1), lambda: Object.prototype.__defineGetter__("status", 1))`,
    stdout: "tried 4\n",
  },
  {
    promise: "Object's own functions stay what they are",
    code: `${ATTEMPT}${FUNCTION}Object = Function.__proto__.__proto__.constructor
attempt(*[lambda name=name: setattr(Object, name, 1) for name in ("defineProperty", "assign", "entries", "fromEntries", "create", "prototype")])`,
    stdout: "tried 6\n",
  },
  {
    promise: "typed arrays and maps stay what they are",
    code: `${ATTEMPT}${FUNCTION}Bytes = to_js(b"x").constructor
Map = create_proxy({"a": 1}).toJs().constructor
attempt(lambda: setattr(Bytes.prototype.__proto__, "subarray", 1), lambda: setattr(Bytes.prototype.__proto__, "set", 1), lambda: setattr(Map.prototype, "get", 1), lambda: setattr(to_js(b"x").buffer.constructor.prototype, "slice", 1))`,
    stdout: "tried 4\n",
  },
  {
    promise: "frames of an error are not handed out",
    code: `${ERROR}Error.prepareStackTrace = create_proxy(lambda error, frames: print("BREACH", [frame.getThis() for frame in frames]))`,
    status: "error",
    stderr: /Cannot assign to read only property 'prepareStackTrace'/,
  },
  {
    promise: "the stack of an error is text, and Error stays what it is",
    code: `${ATTEMPT}${ERROR}attempt(lambda: setattr(Error, "captureStackTrace", 1), lambda: setattr(Error.prototype, "message", 1), lambda: Error.prepareStackTrace.x)
try:
    Function("x")
except JsException as error:
    print(type(error.js_error.stack).__name__)`,
    stdout: "tried 3\nstr\n",
  },
  {
    promise: "WebAssembly, Atomics and SharedArrayBuffer are out of reach",
    code: `${ATTEMPT}import js
attempt(lambda: js.WebAssembly.Module(b""), lambda: js.Atomics.wait, lambda: js.SharedArrayBuffer.new(1 << 30), lambda: __import__("js").WebAssembly.compile(b"x"))`,
    stdout: "tried 4\n",
  },
  {
    promise: "nobody is posted a message",
    code: `${ATTEMPT}import js
attempt(lambda: js.self.postMessage("x"), lambda: js.postMessage({"done": "ok"}), lambda: js.process.send({"done": "ok"}), lambda: js.Worker.new("x"), lambda: js.MessageChannel.new())`,
    stdout: "tried 5\n",
  },
  {
    promise: "micropip and pyodide.http bring nothing in",
    code: `${ATTEMPT}
def micropip():
    import micropip
def open_url():
    from pyodide.http import open_url
    return open_url("http://127.0.0.1:{{PORT}}/")
def pyxhr():
    from pyodide.http import pyxhr
    return pyxhr.get("http://127.0.0.1:{{PORT}}/")
def pyfetch():
    import asyncio
    from pyodide.http import pyfetch
    return asyncio.run(pyfetch("http://127.0.0.1:{{PORT}}/"))
attempt(micropip, open_url, pyxhr, pyfetch)`,
    stdout: "tried 4\n",
  },
  {
    promise: "create_proxy gives JavaScript nothing that Python had not",
    code: `${FUNCTION}proxy = create_proxy(print)
print(proxy.constructor.name, [name for name in ("_module", "Module", "FS", "process") if hasattr(proxy, name)])`,
    stdout: /^\w+ \[\]\n$/,
  },
  {
    promise: "Python's core module hands out no JavaScript of Pyodide's",
    code: `import _pyodide_core, _pyodide, gc
from pyodide.ffi import JsProxy
found = [one for one in gc.get_objects() + [getattr(_pyodide_core, name) for name in dir(_pyodide_core)] if isinstance(one, JsProxy)]
print([name for name in ("FS", "_module", "loadPackage", "HEAPU8", "exports", "runPython", "pid", "env") for one in found if hasattr(one, name)])`,
    stdout: "[]\n",
  },
  {
    promise: "C's way to run JavaScript compiles nothing",
    code: "import ctypes\nprint('before')\nctypes.CDLL(None).emscripten_run_script(b'1')",
    status: "killed",
    stdout: /^before\n/,
    stderr: /crashed: EvalError/,
  },
  {
    promise: "references of JavaScript objects, counted through in memory, lead to no file of the host",
    code: `
import ctypes
from pyodide.ffi import to_js
proxy = to_js([1])
reference = ctypes.c_uint32.from_address(id(proxy) + 36)
for value in range(1, 200, 2):
    reference.value = (1 << 26) + value
    try:
        proxy.FS.mount(proxy.FS.filesystems.NODEFS, {"root": "/"}, "/tmp")
        print("BREACH", open("/tmp{{SECRET_FILE}}").read())
    except BaseException:
        pass
print("BREACH" if False else "looked")`,
    alone: true,
    status: "killed",
    stdout: /^/,
    stderr: /crashed/,
  },
];

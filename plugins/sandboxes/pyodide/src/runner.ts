/** The entry of an interpreter process: loads Pyodide, shuts the doors, then runs the code it is sent until its input ends. */
import { constants, readFileSync, readSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { loadPyodide } from "pyodide";
import { beginCall, bindCallbacksToCalls } from "./callbacks.ts";
import { FRAME, type FrameKind, frameHeader, HEADER_BYTES, MOST_BODY_BYTES, messageFrame } from "./frames.ts";
import { LEAST_GROWTH_MIB, LIMITS } from "./limits.ts";
import { denyNetwork, denyProcess } from "./lockdown.ts";
import type { InterpreterConfig, RunMessage } from "./protocol.ts";

type Pyodide = Awaited<ReturnType<typeof loadPyodide>>;
type LoadOptions = NonNullable<Parameters<typeof loadPyodide>[0]>;
type CreateModule = NonNullable<LoadOptions["createPyodideModule"]>;

/** The parts of Emscripten's run time that no type declares. */
interface EmscriptenSettings {
  instantiateWasm(imports: object, receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void): object;
}
interface MemoryFileSystem {
  readonly ops_table: { readonly file: { readonly stream: { write: WriteFile }; readonly node: { setattr: SetAttributes } } };
  readonly stream_ops: { write: WriteFile };
}
interface FileNode {
  readonly usedBytes: number;
}
type WriteFile = (
  stream: { readonly node: FileNode },
  buffer: Uint8Array,
  offset: number,
  length: number,
  position: number,
  canOwn?: boolean,
) => number;
type SetAttributes = (node: FileNode, attributes: { readonly size?: number }) => void;
interface FileSystem {
  readonly filesystems: { readonly MEMFS: MemoryFileSystem };
  readonly ErrnoError: new (errno: number) => Error;
}
type Outcome = "ok" | "error" | "memory-limit";
type PythonRun = ((code: string, filename: string, last: boolean) => Outcome) & {
  /** Lets Python wait for JavaScript, which asyncio.run needs. */
  callPromising(code: string, filename: string, last: boolean): Promise<Outcome>;
};

/** A socket, read and written without the event loop: what the code left running must not run between two requests. Pyodide plays with 0 to 2. */
const CONTROL_FD = 3;
const PAGE_BYTES = 65_536;
const MIB = 1 << 20;
const LONGEST_INTERVAL_MS = 2 ** 31 - 1;
/** Errors of WASI. */
const EFBIG = 22;
const ENOSPC = 51;

const config = JSON.parse(process.argv[2] ?? "{}") as InterpreterConfig;
const exit = process.exit.bind(process);

let memory: WebAssembly.Memory | undefined;
let heapCeilingBytes = Number.POSITIVE_INFINITY;

denyNetwork();
bindCallbacksToCalls();
// Emscripten asks for these constants, and --permission refuses the whole call.
Object.defineProperty(process, "binding", { value: (name: string) => (name === "constants" ? { fs: constants } : undefined), configurable: true });

const pyodide = await load();
if (config.makeSnapshot) {
  sendInFrames(FRAME.snapshot, pyodide.makeMemorySnapshot());
  exit(0);
}
await serve(preparePython(pyodide));

async function load(): Promise<Pyodide> {
  const main = (await import(pathToFileURL(join(config.pyodideDir, "pyodide.mjs")).href)) as { loadPyodide: typeof loadPyodide };
  const snapshot = config.snapshot === undefined ? undefined : new Uint8Array(readFileSync(config.snapshot));
  const loaded = await main.loadPyodide({
    jsglobals: Object.create(null) as object,
    env: { HOME: "/home/pyodide", LANG: "C.UTF-8", PYTHONHASHSEED: "0", _: "python" },
    createPyodideModule: (settings) => createModule(settings, snapshot),
    ...(config.makeSnapshot ? { _makeSnapshot: true } : {}),
    ...(snapshot === undefined ? {} : { _loadSnapshot: snapshot }),
  });
  const wheels = config.wheels.map((wheel) => [`/lib/${basename(wheel)}`, new Uint8Array(readFileSync(wheel))] as const);
  for (const [path, bytes] of wheels) loaded.FS.writeFile(path, bytes);
  if (snapshot === undefined && config.image === "sympy") {
    loaded.runPython(`import sys\nsys.path += ${JSON.stringify(wheels.map(([path]) => path))}`);
    loaded.runPython(readFileSync(join(config.pythonDir, "warm_sympy.py"), "utf8"));
  }
  return loaded;
}

/** Emscripten's module with a heap of the snapshot's size, which Pyodide assumes but does not see to, and with a ceiling. */
async function createModule(settings: Parameters<CreateModule>[0], snapshot: Uint8Array | undefined): Promise<Awaited<ReturnType<CreateModule>>> {
  const emscripten = settings as unknown as EmscriptenSettings;
  const instantiate = emscripten.instantiateWasm;
  emscripten.instantiateWasm = (imports, receive) =>
    instantiate(imports, (instance, module) => {
      memory = instance.exports["memory"] as WebAssembly.Memory;
      const grow = WebAssembly.Memory.prototype.grow.bind(memory);
      // The only way to more: Emscripten asks here, and so must whoever gets hold of the memory itself.
      const value = (pages: number) => growWithin(memory!, grow, pages);
      for (const owner of [memory, WebAssembly.Memory.prototype])
        Object.defineProperty(owner, "grow", { value, writable: false, configurable: false });
      if (snapshot !== undefined) {
        const missing = snapshotHeapBytes(snapshot) - memory.buffer.byteLength;
        if (missing > 0) grow(missing / PAGE_BYTES);
      }
      receive(instance, module);
    });
  const module = (await import(pathToFileURL(join(config.pyodideDir, "pyodide.asm.mjs")).href)) as { default: CreateModule };
  return module.default(settings);
}

/** The heap follows a header whose second word says where it begins. */
function snapshotHeapBytes(snapshot: Uint8Array): number {
  return snapshot.byteLength - new DataView(snapshot.buffer, snapshot.byteOffset).getUint32(4, true);
}

/** Emscripten turns the refusal into a failed allocation, and Python that into a MemoryError. */
function growWithin(heap: WebAssembly.Memory, grow: (pages: number) => number, pages: number): number {
  if (heap.buffer.byteLength + pages * PAGE_BYTES > heapCeilingBytes) throw new RangeError("memory limit");
  return grow(pages);
}

function preparePython(py: Pyodide): PythonRun {
  limitFiles(py.FS as FileSystem);
  py.setStdin({ stdin: () => null });
  py.setStdout({ write: (bytes) => sendInFrames(FRAME.stdout, bytes) });
  py.setStderr({ write: (bytes) => sendInFrames(FRAME.stderr, bytes) });
  // Python's way to the JavaScript around it; asyncio.run looks up this one setting.
  py.registerJsModule("pyodide_js", { __proto__: null, _api: { __proto__: null, config: { __proto__: null, enableRunUntilComplete: true } } });
  const scope = py.toPy({}) as object;
  const run = py.runPython(readFileSync(join(config.pythonDir, "driver.py"), "utf8"), { globals: scope as never }) as PythonRun;
  denyProcess();
  return run;
}

/** Files live outside the WebAssembly heap, so they need a ceiling of their own. */
function limitFiles(fs: FileSystem): void {
  const { ops_table, stream_ops } = fs.filesystems.MEMFS;
  let writtenBytes = 0;
  const admit = (node: FileNode, size: number) => {
    const growth = Math.max(0, size - node.usedBytes);
    if (size > LIMITS.fileMiB * MIB) throw new fs.ErrnoError(EFBIG);
    if (writtenBytes + growth > LIMITS.filesMiB * MIB) throw new fs.ErrnoError(ENOSPC);
    writtenBytes += growth;
  };
  const { write } = ops_table.file.stream;
  const { setattr } = ops_table.file.node;
  const limitedWrite: WriteFile = (stream, buffer, offset, length, position, canOwn) => {
    admit(stream.node, position + length);
    return write(stream, buffer, offset, length, position, canOwn);
  };
  ops_table.file.stream.write = limitedWrite;
  stream_ops.write = limitedWrite;
  ops_table.file.node.setattr = (node, attributes) => {
    if (attributes.size !== undefined) admit(node, attributes.size);
    setattr(node, attributes);
  };
}

async function serve(run: PythonRun): Promise<void> {
  // Before Node 24 WebAssembly cannot be suspended.
  const call = "Suspending" in WebAssembly ? run.callPromising.bind(run) : run;
  // Node ends a process that waits for nothing: code that does must run into its time limit.
  setInterval(() => {}, LONGEST_INTERVAL_MS);
  sendMessage({ ready: true });
  for (let request = receive(); request !== undefined; request = receive()) {
    beginCall();
    heapCeilingBytes = Math.max(request.memoryMiB * MIB, (memory?.buffer.byteLength ?? 0) + LEAST_GROWTH_MIB * MIB);
    try {
      sendMessage({ done: await call(request.code, request.filename, request.last), usable: true });
    } catch (error) {
      // What Python itself raises is reported by the driver: this is os._exit or the end of the interpreter.
      const status = (error as { status?: unknown } | undefined)?.status;
      if (status === undefined) sendInFrames(FRAME.stderr, Buffer.from(`The interpreter crashed: ${firstLine(error)}\n`));
      sendMessage({ done: status === undefined ? "killed" : status === 0 ? "ok" : "error", usable: false });
      exit(1);
    }
  }
  exit(0);
}

function firstLine(error: unknown): string {
  return String(error).split("\n", 1)[0]!.slice(0, 200);
}

/** The next request, or undefined when the sandbox has closed the pipe. */
function receive(): RunMessage | undefined {
  const header = readExactly(HEADER_BYTES);
  const body = header && readExactly(header.readUInt32BE(1));
  return body && (JSON.parse(body.toString()) as RunMessage);
}

function readExactly(bytes: number): Buffer | undefined {
  const buffer = Buffer.alloc(bytes);
  for (let filled = 0; filled < bytes; ) {
    const read = readSync(CONTROL_FD, buffer, filled, bytes - filled, null);
    if (read === 0) return undefined;
    filled += read;
  }
  return buffer;
}

function sendMessage(message: object): void {
  writeAll(messageFrame(message));
}

/** Print as much as you like: the sandbox ends who prints too much after the first frames, not after the last. */
function sendInFrames(kind: FrameKind, bytes: Uint8Array): number {
  for (let start = 0; start < bytes.byteLength; start += MOST_BODY_BYTES) {
    const body = bytes.subarray(start, start + MOST_BODY_BYTES);
    writeAll(frameHeader(kind, body.byteLength));
    writeAll(body);
  }
  return bytes.byteLength;
}

function writeAll(bytes: Uint8Array): void {
  for (let written = 0; written < bytes.byteLength; ) written += writeSync(CONTROL_FD, bytes, written, bytes.byteLength - written);
}

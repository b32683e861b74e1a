/**
 * A SandboxFusion server as ByteDance's runs Python with `isolation: none`: a plain process per request, a whole environment handed on,
 * RLIMIT_AS for memory, 1 MiB kept of each stream. It fails on demand. Like the original it isolates nothing: for our own code only.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";

export interface FakeRequest {
  readonly code: string;
  readonly language: string;
  readonly run_timeout: number;
  readonly memory_limit_MB: number;
}

/** A call as the server got it. */
export interface FakeCall {
  readonly body: FakeRequest;
  readonly headers: IncomingHttpHeaders;
  /** Number of the call, from 0. */
  readonly number: number;
  /** Calls being answered, this one included. */
  readonly inFlight: number;
}

export type Fault =
  | { readonly kind: "status"; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** 200, and this. */
  | { readonly kind: "answer"; readonly body: string | Buffer; readonly headers?: Readonly<Record<string, string>> }
  /** These bytes on the connection, whatever they are, which then stays open. */
  | { readonly kind: "raw"; readonly bytes: string }
  /** An answer of which a byte comes every now and then. */
  | { readonly kind: "drip" }
  /** Never answers. */
  | { readonly kind: "hang" }
  /** The connection breaks before the answer, or in the middle of its body. */
  | { readonly kind: "reset" }
  | { readonly kind: "cut" };

export interface FakeOptions {
  readonly fault?: (call: FakeCall) => Fault | undefined;
  readonly port?: number;
  /** Does not keep the time limit that a request asks for; ends after so long. */
  readonly limitS?: (call: FakeCall) => number | undefined;
  /** Default true. */
  readonly boundsMemory?: boolean;
  /** The same program gives the answer it gave before, in whichever fake: the self-test then costs nothing. Not for what depends on time. */
  readonly remember?: boolean;
  /** The command that code is run with. */
  readonly python?: string;
}

export interface FakeServer {
  readonly url: string;
  readonly port: number;
  readonly calls: readonly FakeCall[];
  readonly peakInFlight: number;
  close(): Promise<void>;
}

const KEPT_BYTES = 1024 * 1024;

/** The interpreter itself, past the shims of version managers, which cost more than what runs here. */
export const PYTHON = execFileSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).trim();

export async function startFakeFusion({
  fault = () => undefined,
  port = 0,
  limitS = () => undefined,
  python = PYTHON,
  remember = false,
  boundsMemory = true,
}: FakeOptions = {}): Promise<FakeServer> {
  const calls: FakeCall[] = [];
  const gone = new AbortController();
  let inFlight = 0;
  let peakInFlight = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", async () => {
      inFlight++;
      peakInFlight = Math.max(peakInFlight, inFlight);
      response.once("close", () => inFlight--);
      const body = JSON.parse(Buffer.concat(parts).toString()) as FakeRequest;
      const call = { body, headers: request.headers, number: calls.length, inFlight };
      calls.push(call);
      const planned = fault(call);
      if (planned !== undefined) return fail(response, planned);
      const asked = { ...body, run_timeout: limitS(call) ?? body.run_timeout, memory_limit_MB: boundsMemory ? body.memory_limit_MB : -1 };
      const answer = await (remember ? remembered(python, asked, gone.signal) : runPython(python, asked, gone.signal));
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  const taken = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${taken}`,
    port: taken,
    calls,
    get peakInFlight() {
      return peakInFlight;
    },
    close: () =>
      new Promise((resolve) => {
        gone.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function fail(response: ServerResponse, fault: Fault): void {
  switch (fault.kind) {
    case "status":
      response.writeHead(fault.status, fault.headers).end(fault.body ?? "no");
      return;
    case "answer":
      response.writeHead(200, fault.headers).end(fault.body);
      return;
    case "raw":
      response.socket?.write(fault.bytes, "latin1");
      return;
    case "drip": {
      const drops = setInterval(() => response.write(" "), 20);
      response.once("close", () => clearInterval(drops));
      return;
    }
    case "reset":
      response.destroy();
      return;
    case "cut":
      response.writeHead(200, { "content-length": "1000" });
      response.write('{"status": "Succ', () => response.destroy());
      return;
    case "hang":
  }
}

const MARK = /autotraj-[0-9a-f]{24}/g;
const answers = new Map<string, Promise<object>>();

/** Programs differ in the mark of their report only. */
async function remembered(python: string, body: FakeRequest, gone: AbortSignal): Promise<object> {
  const key = JSON.stringify([python, body]).replaceAll(MARK, "mark");
  if (!answers.has(key)) answers.set(key, runPython(python, body, gone));
  const answer = JSON.stringify(await answers.get(key)).replaceAll(MARK, body.code.match(MARK)?.[0] ?? "");
  return JSON.parse(answer) as object;
}

async function runPython(python: string, { code, run_timeout: seconds, memory_limit_MB: memory }: FakeRequest, gone: AbortSignal): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), "fake-fusion-"));
  const file = join(folder, "code.py");
  await writeFile(file, code);
  const limit = memory > 0 ? `ulimit -v ${memory * 1024}; ` : "";
  const start = performance.now();
  const child = spawn("/bin/bash", ["-c", `${limit}exec ${python} ${file}`], { cwd: folder, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const printed = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  for (const stream of ["stdout", "stderr"] as const) {
    let kept = 0;
    child[stream].on("data", (data: Buffer) => {
      printed[stream].push(data.subarray(0, KEPT_BYTES - kept));
      kept = Math.min(KEPT_BYTES, kept + data.length);
    });
  }
  let late = false;
  const end = () => {
    late = true;
    process.kill(-child.pid!, "SIGKILL");
  };
  const timer = setTimeout(end, seconds * 1000);
  gone.addEventListener("abort", end);
  const [exit, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => child.once("close", (...end) => resolve(end)));
  clearTimeout(timer);
  gone.removeEventListener("abort", end);
  await rm(folder, { recursive: true, force: true });
  const returnCode = signal === null ? exit : -constants.signals[signal];
  return {
    status: !late && returnCode === 0 ? "Success" : "Failed",
    message: "",
    compile_result: null,
    run_result: {
      status: late ? "TimeLimitExceeded" : "Finished",
      execution_time: (performance.now() - start) / 1000,
      return_code: late ? null : returnCode,
      stdout: Buffer.concat(printed.stdout).toString(),
      stderr: Buffer.concat(printed.stderr).toString(),
    },
    executor_pod_name: null,
    files: {},
  };
}

/** A server of our own for other weights: started for a trained model, asked like any other, ended when the model is let go. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PluginError } from "@autotraj/core/plugin";

export interface ServeOptions {
  /** Program and arguments; `{model}` and `{port}` are filled in. Empty: this policy cannot load other weights. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The API root on that server. */
  readonly path: string;
  readonly readyTimeoutMs: number;
}

export interface ServedModel {
  readonly baseURL: string;
  stop(): Promise<void>;
}

const POLL_MS = 500;
/** How long a server may take to end before it is killed. */
const GRACE_MS = 30_000;
const LAST_WORDS = 2000;
/** What a server needs of this process's environment; everything else could be a secret. */
const INHERITED = ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "CUDA_VISIBLE_DEVICES", "CUDA_HOME", "LD_LIBRARY_PATH", "HF_HOME"];

/** @throws PluginError OPENAI_SERVE with the server's last words where it ends, or is not ready in time. */
export async function serveModel(model: string, options: ServeOptions): Promise<ServedModel> {
  const port = await freePort();
  const [program = "", ...args] = options.command.map((word) => word.replaceAll("{model}", model).replaceAll("{port}", String(port)));
  const inherited = Object.fromEntries(INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
  // A group of its own: servers have workers. Its standard input ends with this process, which is how some know that nobody is there any more.
  const child = spawn(program, args, { env: { ...inherited, ...options.env }, stdio: ["pipe", "pipe", "pipe"], detached: true });
  child.stdin?.on("error", () => {});
  let lastWords = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      lastWords = (lastWords + chunk.toString()).slice(-LAST_WORDS);
    });
  }
  let end: string | undefined;
  child.once("error", (error) => {
    end ??= error.message;
  });
  child.once("close", (code, signal) => {
    end ??= `it ended with ${signal ?? `code ${code}`}`;
  });
  const killAtExit = () => signalGroup(child, "SIGKILL");
  process.once("exit", killAtExit);
  const stop = async () => {
    child.stdin?.end();
    signalGroup(child, "SIGTERM");
    const deadline = performance.now() + GRACE_MS;
    while (end === undefined && performance.now() < deadline) await sleep(POLL_MS / 5);
    signalGroup(child, "SIGKILL");
    process.removeListener("exit", killAtExit);
  };
  const baseURL = `http://127.0.0.1:${port}${options.path}`;
  const deadline = performance.now() + options.readyTimeoutMs;
  while (!(await answers(`${baseURL}/models`))) {
    if (end === undefined && performance.now() >= deadline)
      end = `it did not answer ${baseURL}/models within ${Math.round(options.readyTimeoutMs / 1000)} s`;
    if (end !== undefined) {
      await stop();
      throw new PluginError("OPENAI_SERVE", `the server for ${model} could not be had: ${end}. Its last words: ${lastWords.trim() || "none"}`, {
        hint: `The command was: ${[program, ...args].join(" ")}`,
      });
    }
    await sleep(POLL_MS);
  }
  return { baseURL, stop };
}

/** SHA-256 (hex, 16 digits) of a model's files, wherever it lies: what decides its answers. */
export async function hashOfModel(model: string): Promise<string> {
  const hash = createHash("sha256");
  const isFolder = (await stat(model)).isDirectory();
  const names = isFolder ? (await readdir(model)).filter((name) => /\.(?:json|safetensors|jinja|model|txt)$/.test(name)).sort() : [basename(model)];
  for (const name of names) {
    hash.update(`\n${name}\n`);
    for await (const chunk of createReadStream(isFolder ? join(model, name) : model)) hash.update(chunk as Buffer);
  }
  return hash.digest("hex").slice(0, 16);
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false;
  }
}

/** Free now; whoever takes it in between makes the server say so. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, failed) => server.once("error", failed).listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === "object" && address !== null ? address.port : 0;
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone.
  }
}

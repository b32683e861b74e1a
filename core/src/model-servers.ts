/** Servers for models that a run has trained: started for a model, asked like any other server, ended with the run at the latest. */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { AutoTrajError } from "./errors.ts";
import { inheritedEnvironment, signalGroup } from "./launcher.ts";
import type { ModelServer, ModelServerRequest, ModelServers } from "./plugin.ts";

const POLL_MS = 500;
/** How long a server may take to end before it is killed. */
const GRACE_MS = 30_000;
const LAST_WORDS = 4000;
const MOST_LINES = 12;
/** All that are started here, and the means to end them. */
export function modelServers(): ModelServers & { close(): Promise<void> } {
  const running = new Set<ModelServer>();
  return {
    async start(request) {
      const server = await startServer(request);
      running.add(server);
      return {
        baseURL: server.baseURL,
        stop: () => {
          running.delete(server);
          return server.stop();
        },
      };
    },
    async close() {
      await Promise.all([...running].map((server) => server.stop()));
    },
  };
}

async function startServer({ model, command, env, path, readyTimeoutMs }: ModelServerRequest): Promise<ModelServer> {
  const port = await freePort();
  const [program = "", ...args] = command.map((word) => word.replaceAll("{model}", model).replaceAll("{port}", String(port)));
  // A group of its own: servers have workers. Its standard input ends with this process, which is how some know that nobody is there any more.
  const child = spawn(program, args, { env: { ...inheritedEnvironment(), ...env }, stdio: ["pipe", "pipe", "pipe"], detached: true });
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
  const baseURL = `http://127.0.0.1:${port}${path}`;
  const deadline = performance.now() + readyTimeoutMs;
  while (!(await answers(`${baseURL}/models`))) {
    if (end === undefined && performance.now() >= deadline) end = `it did not answer ${baseURL}/models within ${Math.round(readyTimeoutMs / 1000)} s`;
    if (end !== undefined) {
      await stop();
      throw new AutoTrajError("ATRAJ_MODEL_SERVER", {
        who: model,
        what: `its server could not be had: ${end}.`,
        details: lastWords.trim().split("\n").slice(-MOST_LINES),
        hint: `The command was: ${[program, ...args].join(" ")}`,
      });
    }
    await sleep(POLL_MS);
  }
  return { baseURL, stop };
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

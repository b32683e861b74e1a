/** Servers for models that a run has trained: started for a model, asked like any other server, ended with the run at the latest. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { AutoTrajError } from "../kernel/errors.ts";
import type { ModelServer, ModelServerRequest, ModelServers } from "../kernel/plugin.ts";
import { interrupted, type Stopper } from "../kernel/stop.ts";
import { processEnvironment } from "./environment.ts";
import { type ProcessGroups, signalGroup } from "./process-groups.ts";

const POLL_MS = 500;
/** How long a server may take to end before it is killed. */
const GRACE_MS = 30_000;
const LAST_WORDS = 4000;
const MOST_LINES = 12;

export interface ModelServersPlace {
  /** Ends what is loading when the run is stopped, and does not wait for any server when it is stopped at once. */
  readonly stop?: Stopper;
  /** What the preset adds to what of the environment they are given. */
  readonly environment?: readonly string[];
  /** Where servers are written down, so that they can be ended after this process was killed. */
  readonly groups?: ProcessGroups;
}

/** All that are started here, and the means to end them. */
export function modelServers(place: ModelServersPlace = {}): ModelServers & { close(): Promise<void> } {
  // From their first moment on: one that is still loading is ended too.
  const running = new Set<ServerProcess>();
  return {
    async start(request) {
      if (place.stop?.stopping === true) throw interrupted();
      const server = new ServerProcess(request, await freePort(), place);
      running.add(server);
      const stop = async () => {
        running.delete(server);
        await server.stop();
      };
      try {
        await server.ready();
      } catch (error) {
        await stop();
        throw error;
      }
      return { baseURL: server.baseURL, stop };
    },
    async close() {
      await Promise.all([...running].map((server) => server.stop()));
    },
  };
}

class ServerProcess implements ModelServer {
  readonly baseURL: string;
  readonly #request: ModelServerRequest;
  readonly #command: readonly string[];
  readonly #stop: Stopper | undefined;
  readonly #child: ChildProcess;
  readonly #kill = () => signalGroup(this.#child.pid, "SIGKILL");
  readonly #strikeOut: () => void;
  #lastWords = "";
  /** How the process ended. */
  #end: string | undefined;

  constructor(request: ModelServerRequest, port: number, { stop, groups, environment }: ModelServersPlace) {
    const { model, command, env, path } = request;
    this.baseURL = `http://127.0.0.1:${port}${path}`;
    this.#request = request;
    this.#stop = stop;
    this.#command = command.map((word) => word.replaceAll("{model}", model).replaceAll("{port}", String(port)));
    const [program = "", ...args] = this.#command;
    // A group of its own: servers have workers. Its standard input ends with this process, which is how some know that nobody is there any more.
    this.#child = spawn(program, args, { env: { ...processEnvironment(environment), ...env }, stdio: ["pipe", "pipe", "pipe"], detached: true });
    process.once("exit", this.#kill);
    stop?.signal.addEventListener("abort", this.#kill);
    this.#strikeOut = groups?.record(this.#child.pid, `the server for ${model}`, GRACE_MS) ?? (() => {});
    this.#child.stdin?.on("error", () => {});
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.#lastWords = (this.#lastWords + chunk.toString()).slice(-LAST_WORDS);
      });
    }
    this.#child.once("error", (error) => {
      this.#end ??= error.message;
    });
    this.#child.once("exit", (code, signal) => {
      this.#end ??= `it ended with ${signal ?? `code ${code}`}`;
    });
  }

  /** Waits until it answers. @throws ATRAJ_MODEL_SERVER; ATRAJ_INTERRUPTED when the run is stopped meanwhile */
  async ready(): Promise<void> {
    const { model, readyTimeoutMs } = this.#request;
    const url = `${this.baseURL}/models`;
    const deadline = performance.now() + readyTimeoutMs;
    while (!(await answers(url))) {
      if (this.#stop?.stopping === true) throw interrupted();
      const late = performance.now() >= deadline ? `it did not answer ${url} within ${Math.round(readyTimeoutMs / 1000)} s` : undefined;
      const problem = this.#end ?? late;
      if (problem !== undefined) {
        // What it wrote last may still be on its way.
        await sleep(POLL_MS / 5);
        throw new AutoTrajError("ATRAJ_MODEL_SERVER", {
          who: model,
          what: `its server could not be had: ${problem}.`,
          details: this.#lastWords.trim().split("\n").slice(-MOST_LINES),
          hint: `The command was: ${this.#command.join(" ")}`,
        });
      }
      await sleep(POLL_MS);
    }
  }

  /** Ends it with all its processes: with time to end by itself, unless the run is stopped at once. */
  async stop(): Promise<void> {
    this.#child.stdin?.end();
    signalGroup(this.#child.pid, "SIGTERM");
    const deadline = performance.now() + GRACE_MS;
    while (this.#end === undefined && performance.now() < deadline && this.#stop?.signal.aborted !== true) await sleep(POLL_MS / 5);
    this.#kill();
    process.removeListener("exit", this.#kill);
    this.#stop?.signal.removeEventListener("abort", this.#kill);
    this.#strikeOut();
  }
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

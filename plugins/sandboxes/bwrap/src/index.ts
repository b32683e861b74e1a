/** Runs model-written Python in Linux namespaces: bubblewrap, a zygote, seccomp. */
import { availableParallelism, totalmem } from "node:os";
import { definePlugin, PYTHON, SANDBOX } from "@autotraj/core/plugin";
import { BubblewrapSandbox } from "./sandbox.ts";

export interface BubblewrapOptions {
  /** Executions at the same time. Default: as many as the machine has cores. */
  readonly workers?: number;
  /** NumPy and SymPy are importable (and imported ahead). */
  readonly packages: boolean;
  /** Live sessions kept; the longest unused go first. About 2 MiB each while idle. */
  readonly maxSessions: number;
  /** Memory of live sessions together, in MiB; the longest unused go first. Default: a quarter of the machine's. */
  readonly sessionsMiB?: number;
  /** A session unused for so long is ended. */
  readonly sessionIdleMs: number;
}

export default definePlugin<BubblewrapOptions>({
  meta: {
    name: "@autotraj/sandbox-bwrap",
    apiVersion: 1,
    kind: "sandbox",
    description: "Runs Python in Linux namespaces: bubblewrap, a zygote, seccomp",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        workers: { type: "integer", minimum: 1, description: "Executions at the same time. Default: as many as the machine has cores." },
        packages: { type: "boolean", default: true, description: "NumPy and SymPy are importable inside. Off: only Python's standard library." },
        maxSessions: {
          type: "integer",
          minimum: 1,
          default: 256,
          description: "Live sessions kept at the same time (about 2 MiB each while idle). The longest unused is ended for a new one.",
        },
        sessionsMiB: {
          type: "integer",
          minimum: 1,
          description:
            "Memory that live sessions may hold together, in MiB; beyond it the longest unused are ended. Default: a quarter of the machine's memory, or of what its container may use.",
        },
        sessionIdleMs: { type: "integer", minimum: 1, default: 600_000, description: "A session unused for so long is ended, in milliseconds." },
      },
    },
    provides: [SANDBOX],
    requires: [PYTHON],
    supports: { sessions: true, network: false, deterministic: true },
  },
  setup(api, { workers = availableParallelism(), sessionsMiB = quarterOfMemoryMiB(), ...options }) {
    const sandbox = new BubblewrapSandbox({ workers, sessionsMiB, ...options }, api.use(PYTHON));
    api.provide(SANDBOX, sandbox);
    api.onDispose(() => sandbox.dispose());
  },
});

/** `constrainedMemory` is the container's limit; 0, or more than there is, where nothing constrains. */
function quarterOfMemoryMiB(): number {
  const constrained = process.constrainedMemory();
  const bytes = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.floor(bytes / 4 / 2 ** 20);
}

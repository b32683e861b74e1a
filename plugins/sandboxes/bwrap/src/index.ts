/** Runs model-written Python in Linux namespaces: bubblewrap, a zygote, seccomp. */
import { availableParallelism } from "node:os";
import { definePlugin, PYTHON, SANDBOX } from "@autotraj/core/plugin";
import { BubblewrapSandbox } from "./sandbox.ts";

export interface BubblewrapOptions {
  /** Executions at the same time. Default: as many as the machine has cores. */
  readonly workers?: number;
  /** NumPy and SymPy are importable (and imported ahead). */
  readonly packages: boolean;
  /** Live sessions kept; the longest unused go first. About 1 MiB each while idle. */
  readonly maxSessions: number;
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
          description: "Live sessions kept at the same time (about 1 MiB each while idle). The longest unused is ended for a new one.",
        },
        sessionIdleMs: { type: "integer", minimum: 1, default: 600_000, description: "A session unused for so long is ended, in milliseconds." },
      },
    },
    provides: [SANDBOX],
    requires: [PYTHON],
    supports: { sessions: true, network: false, deterministic: true },
  },
  setup(api, { workers = availableParallelism(), ...options }) {
    const sandbox = new BubblewrapSandbox({ workers, ...options }, api.use(PYTHON));
    api.provide(SANDBOX, sandbox);
    api.onDispose(() => sandbox.dispose());
  },
});

/** Python compiled to WebAssembly, in a locked-down process of its own for every execution. */
import { join } from "node:path";
import { definePlugin, PYTHON, SANDBOX } from "@autotraj/core/plugin";
import type { Netns } from "./command.ts";
import { PyodideSandbox } from "./sandbox.ts";

export interface PyodideSandboxOptions {
  /** Executions at the same time. Each is a process of 200-300 MiB. */
  readonly workers: number;
  /** Started interpreters kept ready for the next execution, for code with and for code without SymPy. */
  readonly warm: number;
  /** Stateful sessions alive between two calls, each an interpreter process; the longest unused go first. */
  readonly maxSessions: number;
  /** SymPy and mpmath for code that imports them. */
  readonly sympy: boolean;
  /** Namespaces of bubblewrap around each process: no network, no other process. */
  readonly netns: Netns;
}

export default definePlugin<PyodideSandboxOptions>({
  meta: {
    name: "@autotraj/sandbox-pyodide",
    apiVersion: 1,
    kind: "sandbox",
    description: "Runs Python compiled to WebAssembly in a process of its own: contains accidents, is no security boundary",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        workers: {
          type: "integer",
          minimum: 1,
          maximum: 64,
          default: 2,
          description: "Executions at the same time. Each is a process of 200-300 MiB; more than there are cores gains nothing.",
        },
        warm: {
          type: "integer",
          minimum: 0,
          maximum: 16,
          default: 1,
          description: "Started interpreters kept ready, so that an execution need not wait for a start (0.3-0.6 s).",
        },
        maxSessions: {
          type: "integer",
          minimum: 1,
          maximum: 64,
          default: 4,
          description:
            "Stateful sessions kept between two calls, each an interpreter process of its own. The longest unused is ended for a new one, and where all together hold more than 512 MiB each; its next call runs the earlier ones again.",
        },
        sympy: {
          type: "boolean",
          default: true,
          description:
            "Offer SymPy and mpmath: pip fetches the two wheels once (7 MB), code that names them gets an interpreter that has imported them.",
        },
        netns: {
          type: "string",
          enum: ["auto", "always", "never"],
          default: "auto",
          description: "Put every process into bubblewrap's network and process namespaces: where that works (auto), or not at all without (always).",
        },
      },
    },
    supports: { deterministic: true, network: false, sessions: true },
    provides: [SANDBOX],
  },
  setup(api, { workers, warm, maxSessions, sympy, netns }) {
    const sandbox = new PyodideSandbox({
      ...{ workers, warm, maxSessions, netns },
      cacheDir: join(api.cacheDir, "pyodide"),
      environments: sympy ? api.use(PYTHON) : undefined,
      log: api.log,
    });
    api.provide(SANDBOX, sandbox);
    api.onDispose(() => sandbox.dispose());
  },
});

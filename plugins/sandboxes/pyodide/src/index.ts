/** Runs model-written Python compiled to WebAssembly, in a Node process of its own with every door shut. Contains accidents; no security boundary. */
import { definePlugin, PYTHON, SANDBOX } from "@autotraj/core/plugin";
import { Images } from "./images.ts";
import { type PyodideOptions, PyodideSandbox } from "./sandbox.ts";

export type { PyodideOptions } from "./sandbox.ts";

export default definePlugin<PyodideOptions>({
  meta: {
    name: "@autotraj/sandbox-pyodide",
    apiVersion: 1,
    kind: "sandbox",
    description: "Runs Python compiled to WebAssembly in a process of its own",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        warm: {
          type: "integer",
          minimum: 0,
          maximum: 64,
          default: 1,
          description: "Interpreters that wait, started, for the next execution (about 100 MiB each).",
        },
        workers: { type: "integer", minimum: 1, description: "Executions side by side. Default: as many as the machine has cores." },
        sympy: { type: "boolean", default: true, description: "SymPy is importable inside. Off: only Python's standard library." },
      },
    },
    provides: [SANDBOX],
    requires: [PYTHON],
    supports: { sessions: true, network: false, deterministic: true },
  },
  setup(api, options) {
    const sandbox = new PyodideSandbox(options, new Images(api.cacheDir, api.use(PYTHON), (message) => api.log.warn(message)));
    api.provide(SANDBOX, sandbox);
    api.onDispose(() => sandbox.dispose());
  },
});

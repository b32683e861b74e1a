/** Runs model-written Python as a plain process: resource limits, no isolation. For machines that are thrown away afterwards. */
import { definePlugin, PluginError, PYTHON, SANDBOX, type Sandbox } from "@autotraj/core/plugin";
import { executeUnisolated } from "./execute.ts";

/** The same versions as the isolated sandboxes have. */
const PACKAGES = ["numpy==2.4.6", "sympy==1.14.0", "mpmath==1.3.0"] as const;

export interface NoSandboxOptions {
  /** NumPy and SymPy are importable. */
  readonly packages: boolean;
}

export default definePlugin<NoSandboxOptions>({
  meta: {
    name: "@autotraj/sandbox-none",
    apiVersion: 1,
    kind: "sandbox",
    description: "Runs Python with no isolation at all, where somebody insists",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        packages: { type: "boolean", default: true, description: "NumPy and SymPy are importable. Off: only Python's standard library." },
      },
    },
    provides: [SANDBOX],
    requires: [PYTHON],
    supports: { sessions: false, network: true, deterministic: false },
  },
  setup(api, options) {
    const environments = api.use(PYTHON);
    const packages = options.packages ? PACKAGES : [];
    let tested: ReturnType<Sandbox["selfTest"]> | undefined;
    const selfTest = async () => {
      api.log.warn("model-written code runs on this machine with no isolation: it can read your files, use the network and start programs.");
      try {
        await environments.ensure("sandbox", packages);
        return { ok: true } as const;
      } catch (error) {
        return { ok: false, reason: error instanceof Error ? error.message : String(error) } as const;
      }
    };
    api.provide(SANDBOX, {
      isolation: "none",
      strength: 0,
      sessions: false,
      packages,
      selfTest() {
        tested ??= selfTest();
        return tested;
      },
      async execute(request, { signal }) {
        if (request.session !== undefined) throw new PluginError("NO_SESSIONS", "sandbox-none keeps no sessions.", { hint: "Set `stateful: none`." });
        const { python } = await environments.ensure("sandbox", packages);
        return executeUnisolated(python, request, signal);
      },
    });
  },
});

/** Runs model-written Python as a plain process: resource limits, no isolation. For machines that are thrown away afterwards. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { definePlugin, PluginError, PYTHON, SANDBOX, type Sandbox } from "@autotraj/core/plugin";
import { endOrphans, executeUnisolated, type Runner } from "./execute.ts";

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
    const records = join(api.cacheDir, "sandbox-none");
    let tested: ReturnType<Sandbox["selfTest"]> | undefined;
    const runner = async (): Promise<Runner> => ({ python: (await environments.ensure("sandbox", packages)).python, records });
    const selfTest = async () => {
      api.log.warn("model-written code runs on this machine with no isolation: it can read your files, use the network and start programs.");
      try {
        await mkdir(records, { recursive: true });
        const orphans = await endOrphans(await runner());
        if (orphans > 0) api.log.warn(`${orphans} processes that a killed run had left behind were ended.`);
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
        const proven = await this.selfTest();
        if (!proven.ok) throw new PluginError("SANDBOX_UNUSABLE", `sandbox-none cannot run Python here: ${proven.reason}`);
        return executeUnisolated(await runner(), request, signal);
      },
    });
  },
});

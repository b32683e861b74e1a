/** The embedded policy: a small model in this process through llama.cpp, on the CPU, the same request always giving the same turn. */
import { basename, dirname, join, resolve } from "node:path";
import { definePlugin, type LoadedPolicy, MODEL_SOURCE, PluginError, POLICY, type Policy, PYTHON } from "@autotraj/core/plugin";
import { HeldWeights } from "./held-weights.ts";
import { modelSource } from "./model-source.ts";
import { findModel, modelOfFolder } from "./models.ts";
import { type LocalPolicyOptions, OPTIONS } from "./options.ts";
import { type LoadedWeights, loadWeights } from "./weights.ts";

export { type PulledModel, type PullOptions, pullModel } from "./models.ts";
export type { LocalPolicyOptions } from "./options.ts";

export default definePlugin<LocalPolicyOptions>({
  meta: {
    name: "@autotraj/policy-local",
    apiVersion: 1,
    kind: "policy",
    description: "A small model in this process through llama.cpp, on the CPU",
    options: OPTIONS,
    provides: [POLICY, MODEL_SOURCE],
    supports: { deterministic: true, network: false },
  },
  setup(api, options) {
    const python = { ensure: (name: string, requirements: readonly string[]) => api.use(PYTHON).ensure(name, requirements) };
    const held = new HeldWeights((file) => loadWeights(file, options, api.log));
    const finding = {
      cacheDir: api.cacheDir,
      python,
      signal: held.ending,
      convertTo: options.convertTo,
      onConversion: (folder: string) => api.log.info(`converting ${folder} to ${options.convertTo}.`),
    };
    let own: LoadedWeights | undefined;
    api.onStart(async () => {
      own = await held.hold(() => findModel(options.model, api.baseDir, finding));
    });
    api.onDispose(async () => {
      own = undefined;
      await held.end();
    });
    const withModel = async (modelDir: string): Promise<LoadedPolicy> => {
      const folder = resolve(modelDir);
      const holding = held.hold(() => modelOfFolder(folder, finding));
      const weights = await holding;
      const name = join(basename(dirname(folder)), basename(folder));
      const policy = policyOver(name, options, () => (held.has(holding) ? weights : undefined));
      return Object.assign(policy, { dispose: () => held.letGo(holding) });
    };
    const policy = policyOver(options.model, options, () => own);
    api.provide(POLICY, Object.assign(policy, { withModel }));
    api.provide(MODEL_SOURCE, modelSource(api.cacheDir, python));
  },
});

/** The same options and the same code, whichever weights it writes with. */
function policyOver(model: string, { workers, sequences }: LocalPolicyOptions, current: () => LoadedWeights | undefined): Policy {
  const weights = () => {
    const loaded = current();
    if (loaded !== undefined) return loaded;
    throw new PluginError("POLICY_NOT_STARTED", `the model ${model} is not loaded: it is before start or after its end.`);
  };
  return {
    model,
    get identity() {
      return weights().identity;
    },
    get precision() {
      return weights().precision;
    },
    dialects: ["tags"],
    deterministic: true,
    concurrency: workers * sequences,
    generate: async (request, { signal }) => await weights().generator.generate(request, signal),
    endSession: (session) => current()?.generator.endSession(session),
  };
}

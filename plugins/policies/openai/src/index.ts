import { basename, dirname, join, resolve } from "node:path";
import { definePlugin, type LoadedPolicy, MODEL_SERVERS, type PluginApi, POLICY } from "@autotraj/core/plugin";
import { OPTIONS_SCHEMA, type OpenAIPolicyOptions } from "./options.ts";
import { OpenAIPolicy } from "./policy.ts";
import { hashOfModel } from "./weights.ts";

export type { ConcurrencyOptions, OpenAIPolicyOptions, PromptTemplate } from "./options.ts";

export default definePlugin<OpenAIPolicyOptions>({
  meta: {
    name: "@autotraj/policy-openai",
    apiVersion: 1,
    kind: "policy",
    description: "A policy behind any OpenAI-compatible server (vLLM, SGLang, llama.cpp, hosted ones)",
    options: OPTIONS_SCHEMA,
    provides: [POLICY],
    supports: { deterministic: false, network: true },
  },
  setup(api, options) {
    const policy = new OpenAIPolicy(options, api.log, undefined, (name, value) => api.found(name, value));
    const withModel = (modelDir: string) => servedPolicy(resolve(modelDir), options, api);
    api.provide(POLICY, options.serve.command.length === 0 ? policy : Object.assign(policy, { withModel }));
    api.onStart(() => policy.lookBehindName());
    api.onDispose(() => policy.close());
  },
});

/** The same options and the same code over a server of its own; which weights it holds is known by what is in their files. */
async function servedPolicy(model: string, options: OpenAIPolicyOptions, api: PluginApi): Promise<LoadedPolicy> {
  const weights = await hashOfModel(model);
  api.log.info(`serving ${model}: ${options.serve.command[0]}`);
  const server = await api.use(MODEL_SERVERS).start({ ...options.serve, model });
  const { price: _price, ...others } = options;
  const { template } = options.serve;
  const policy = new OpenAIPolicy({ ...others, template, apiKey: "", headers: {}, model, baseURL: server.baseURL }, api.log, `served ${weights}`);
  return Object.assign(policy, {
    model: join(basename(dirname(model)), basename(model)),
    async dispose() {
      await policy.close();
      await server.stop();
    },
  });
}

import { definePlugin, POLICY } from "@autotraj/core/plugin";
import { OPTIONS_SCHEMA, type OpenAIPolicyOptions } from "./options.ts";
import { OpenAIPolicy } from "./policy.ts";

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
    const policy = new OpenAIPolicy(options, api.log);
    api.provide(POLICY, policy);
    api.onDispose(() => policy.close());
  },
});

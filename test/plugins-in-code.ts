/** Plugins of a few lines, for runs that are made in code. */
import { definePlugin, type JsonObject, type Plugin, type PluginKind, POLICY } from "@autotraj/core/plugin";

/** A plugin without options. */
export function bare(name: string, kind: PluginKind, setup: Plugin<JsonObject>["setup"]): Plugin<JsonObject> {
  return definePlugin<JsonObject>({
    meta: { name, apiVersion: 1, kind, description: name, options: { type: "object", additionalProperties: false, properties: {} } },
    setup,
  });
}

/** A policy that says what it is told to, turn by turn. */
export function saying(name: string, next: () => string): Plugin<JsonObject> {
  return bare(name, "policy", (api) =>
    api.provide(POLICY, {
      model: "sayer",
      identity: "sayer 1",
      dialects: ["tags"],
      deterministic: true,
      generate: async () => ({ text: next(), finish: "stop", usage: { promptTokens: 1, cachedTokens: 0, completionTokens: 1 } }),
    }),
  );
}

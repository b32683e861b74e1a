/** Plugins of a few lines, without options, as a program hands them to a run. */
import { definePlugin, type JsonObject, type Plugin, type PluginKind } from "../../src/kernel/plugin.ts";

export function bare(name: string, kind: PluginKind, setup: Plugin<JsonObject>["setup"]): Plugin<JsonObject> {
  return definePlugin<JsonObject>({
    meta: { name, apiVersion: 1, kind, description: name, options: { type: "object", additionalProperties: false, properties: {} } },
    setup,
  });
}

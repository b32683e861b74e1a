/** What AutoTraj itself offers all plugins, as plugins: set up like any other, before those that use them. */
import { dialects } from "../data/dialects/index.ts";
import { DIALECTS, MODEL_SERVERS, type Plugin, type PluginMeta, PYTHON, SECRETS } from "../kernel/plugin.ts";
import { API_VERSION } from "../kernel/plugin-kinds.ts";
import { withoutSecrets } from "../kernel/redaction.ts";
import type { UsedPlugin } from "../kernel/used-plugin.ts";
import { type ModelServersPlace, modelServers } from "./model-servers.ts";
import { pythonEnvironments } from "./python-environments.ts";

/** @param name what it offers: no id of a user's plugin has a space, so none can be taken for it */
export function hostPlugin(name: string, description: string, provides: NonNullable<PluginMeta["provides"]>, setup: Plugin["setup"]): UsedPlugin {
  const options = { type: "object", additionalProperties: false, properties: {} } as const;
  const meta: PluginMeta = { name: "@autotraj/core", apiVersion: API_VERSION, kind: "host", description, options, provides };
  return { id: `host ${name}`, plugin: { meta, setup }, options: {}, packageName: meta.name, version: "0.0.0", baseDir: "" };
}

/** Needs no run. */
export function hostPlugins(place: ModelServersPlace = {}): readonly UsedPlugin[] {
  return [
    hostPlugin("dialects", "Renders and reads the text of trajectories", [DIALECTS], (api) => api.provide(DIALECTS, dialects)),
    hostPlugin("python", "Virtual environments, once per machine", [PYTHON], (api) => {
      const ending = new AbortController();
      const environments = pythonEnvironments(api.cacheDir, (said) => api.log.info(said), ending.signal);
      api.provide(PYTHON, environments);
      api.onDispose(() => {
        ending.abort();
        return environments.settled();
      });
    }),
    hostPlugin("secrets", "Hides secrets in what plugins hand to others", [SECRETS], (api) => api.provide(SECRETS, { hide: withoutSecrets })),
    hostPlugin("model servers", "Servers for trained models, ended with the run", [MODEL_SERVERS], (api) => {
      const servers = modelServers(place);
      api.provide(MODEL_SERVERS, servers);
      api.onDispose(() => servers.close());
    }),
  ];
}

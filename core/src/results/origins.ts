/** Who and what made a run's data, as its store has it: models, how they were sampled, what ran their code, which plugins decided. For the card. */
import { isJsonObject } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/plugin.ts";
import type { RunStore } from "../loop/store/run-store.ts";

export interface DataOrigins {
  /** By policy id: the name, and what its server says stands behind it. */
  readonly models: Readonly<Record<string, string>>;
  /** How candidates were sampled, or where they were recorded; undefined in runs of earlier releases. */
  readonly rollout: JsonObject | undefined;
  /** By tool id: its sandbox, interpreter and packages, as far as its plugin tells. */
  readonly tools: Readonly<Record<string, string>>;
  /** `package version` by plugin id. */
  readonly plugins: Readonly<Record<string, string>>;
}

type Facts = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** They tell of a prompt, and decide a cache's keys: nothing for people. */
const NOT_SHOWN = ["identity", "description"];

export function originsOf(store: RunStore): DataOrigins {
  const policies = store.metaJson<Record<string, { readonly model: string }>>("policies", isJsonObject) ?? {};
  const found = store.metaJson<Facts>("surroundings", isJsonObject) ?? {};
  const told = (id: string) =>
    Object.entries(found[id] ?? {})
      .filter(([name]) => !NOT_SHOWN.includes(name))
      .map(([name, value]) => `${name} ${value}`)
      .join("; ");
  const tools = Object.keys(found).filter((id) => "description" in (found[id] ?? {}));
  const plugins = Object.entries(store.identity()?.plugins ?? {});
  return {
    models: Object.fromEntries(Object.entries(policies).map(([id, { model }]) => [id, told(id) === "" ? model : `${model} (${told(id)})`])),
    rollout: store.metaJson<JsonObject>("rollout", isJsonObject),
    tools: Object.fromEntries(tools.map((id) => [id, told(id)])),
    plugins: Object.fromEntries(plugins.map(([id, { package: name, version }]) => [id, `${name} ${version}`])),
  };
}

/** What a study's runs found outside their presets: a tool that says something else in one run (another sandbox, another library) asks the models something else there. */
import { type JsonObject, RunStore } from "@autotraj/core";
import type { Study } from "./definition.ts";
import type { StudyRun } from "./plan.ts";

type Found = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A sentence for everything that is not the same in all runs, but for plugins that an arm changes. */
export function differingSurroundings({ arms }: Study, runs: readonly StudyRun[]): readonly string[] {
  const found = runs.map(({ arm, seed, runDir }) => ({ run: `${arm}, seed ${seed}`, facts: factsOf(runDir) }));
  const changed = Object.values(arms).flatMap((arm) => Object.keys((arm["plugins"] ?? {}) as JsonObject));
  const known = new Set(found.flatMap(({ facts }) => [...facts.keys()]));
  return [...known].flatMap((fact) => {
    const byValue = Map.groupBy(found, ({ facts }) => facts.get(fact) ?? "");
    if (byValue.size < 2 || changed.includes(fact.split(" ")[0] ?? "")) return [];
    const groups = [...byValue.values()].toSorted((a, b) => a.length - b.length);
    return [
      `Not all runs found the same of ${fact}: it is another in ${(groups[0] ?? []).map(({ run }) => run).join("; ")}. These runs may differ by more than arm and seed.`,
    ];
  });
}

/** `python description` → what it was. */
function factsOf(runDir: string): ReadonlyMap<string, string> {
  const store = RunStore.read(runDir);
  try {
    const isObject = (value: unknown) => typeof value === "object" && value !== null;
    const surroundings = store.metaJson<Found>("surroundings", isObject) ?? {};
    const policies = store.metaJson<Found>("policies", isObject) ?? {};
    return new Map([
      ...Object.entries(surroundings).flatMap(([id, facts]) => Object.entries(facts).map(([name, value]) => [`${id} ${name}`, value] as const)),
      ...Object.entries(policies).map(([id, { identity = "" }]) => [`${id} model`, identity] as const),
    ]);
  } finally {
    store.close();
  }
}

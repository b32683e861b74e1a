/** What is no error and most often no intention: told once, before anything is spent. */
import type { Lifecycle } from "../kernel/lifecycle.ts";
import type { UsedPlugin } from "../kernel/used-plugin.ts";
import { deprecations } from "./deprecations.ts";

/** Of the plugins by themselves, whatever is done with them. */
export function pluginNotices(all: readonly UsedPlugin[]): readonly string[] {
  return [...deprecations(all), ...all.flatMap(secondCore)];
}

/** Of what the loop will make of them: who only serves a preset, or judges by it, needs no gate. @param own the preset's plugins */
export function loopNotices({ order }: Pick<Lifecycle, "order">, own: readonly UsedPlugin[]): readonly string[] {
  return gates(order.get("shouldRepair") ?? [], own);
}

function secondCore({ id, packageName, otherCore }: UsedPlugin): readonly string[] {
  if (otherCore === undefined) return [];
  return [
    `plugin "${id}" (${packageName}) brings its own copy of @autotraj/core along: ${otherCore}. Its author names core among peerDependencies, and not among dependencies; \`npm dedupe\` may help until then.`,
  ];
}

/** A gate that an extended preset has already is easily forgotten. */
function gates(taps: readonly string[], own: readonly UsedPlugin[]): readonly string[] {
  if (taps.length === 0) return ["No plugin of this preset is a gate: every trajectory will be discarded, and the data sets stay empty."];
  const several = own.filter(({ id, plugin }) => plugin.meta.kind === "gate" && taps.includes(id)).map(({ id }) => id);
  if (several.length < 2) return [];
  return [
    `${several.length} gates decide, and only what all of them keep is kept: ${several.join(", ")}. To have one alone, take the others out (plugins.${several[0]}: false).`,
  ];
}

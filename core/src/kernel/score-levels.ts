/** Puts scorers into levels by what they need, so that each level can run side by side. */

import type { DeclaredTap } from "./declared-tap.ts";
import { AutoTrajError } from "./errors.ts";
import type { DimensionInfo, ScoreTap, ScoreTapOptions } from "./plugin.ts";

export type DeclaredScorer = DeclaredTap<ScoreTap, ScoreTapOptions>;

type NeedingTap = DeclaredTap<unknown, { readonly needs?: readonly string[] }>;

export interface ScorePlan {
  readonly levels: readonly (readonly DeclaredScorer[])[];
  /** All dimensions in the preset's order, with who fills them. */
  readonly dimensions: ReadonlyMap<string, DimensionInfo & { readonly by: string }>;
}

export function planScorers(scorers: readonly DeclaredScorer[]): ScorePlan {
  const dimensions = new Map<string, DimensionInfo & { by: string }>();
  for (const scorer of scorers) {
    if (Object.keys(scorer.options.dimensions ?? {}).length === 0) {
      throw new AutoTrajError("ATRAJ_PLUGIN_INVALID", {
        who: `plugin "${scorer.name}" (${scorer.packageName})`,
        what: 'its tap of "score" declares no dimensions.',
        hint: "Call it as tapPromise({ dimensions: { name: { description } } }, …).",
      });
    }
    for (const [name, info] of Object.entries(scorer.options.dimensions)) {
      const other = dimensions.get(name);
      if (other !== undefined) {
        throw new AutoTrajError("ATRAJ_DIMENSION_CONFLICT", {
          who: `plugin "${scorer.name}" (${scorer.packageName})`,
          what: `it fills the dimension "${name}", which "${other.by}" fills already.`,
          hint: "Remove one of the two from the preset, or give one another dimension name in its options.",
        });
      }
      dimensions.set(name, { ...info, by: scorer.name });
    }
  }
  const levels: DeclaredScorer[][] = [];
  const filled = new Set<string>();
  let waiting = [...scorers];
  while (waiting.length > 0) {
    const ready = waiting.filter((scorer) => (scorer.options.needs ?? []).every((name) => filled.has(name)));
    if (ready.length === 0) throw unmet(waiting, dimensions);
    levels.push(ready);
    for (const scorer of ready) for (const name of Object.keys(scorer.options.dimensions)) filled.add(name);
    waiting = waiting.filter((scorer) => !ready.includes(scorer));
  }
  return { levels, dimensions };
}

/** Gates, repairers and reward terms say which dimensions they cannot do without. @throws ATRAJ_DIMENSION_MISSING */
export function checkNeeds(taps: readonly NeedingTap[], dimensions: ReadonlyMap<string, unknown>): void {
  const lacking = taps.filter(({ options }) => (options.needs ?? []).some((name) => !dimensions.has(name)));
  if (lacking.length > 0) throw unmet(lacking, dimensions);
}

function unmet(waiting: readonly NeedingTap[], dimensions: ReadonlyMap<string, unknown>): AutoTrajError {
  const details = waiting.map((scorer) => {
    const missing = (scorer.options.needs ?? []).filter((name) => !dimensions.has(name));
    return missing.length > 0
      ? `"${scorer.name}" needs ${missing.map((name) => `"${name}"`).join(", ")}, which no scorer of the preset fills`
      : `"${scorer.name}" needs ${(scorer.options.needs ?? []).map((name) => `"${name}"`).join(", ")}, and these wait for it in a circle`;
  });
  return new AutoTrajError("ATRAJ_DIMENSION_MISSING", {
    who: "preset",
    what: "some plugins cannot get the dimensions they need.",
    details,
    hint: `Dimensions there are: ${[...dimensions.keys()].join(", ") || "none"}. Add the scorer that fills the missing one (e.g. @autotraj/scorer-answer for "correctness").`,
  });
}

/** Puts scorers into levels by what they need, so that each level can run side by side. */

import { nearest } from "../messages/nearest.ts";
import { blamed, type DeclaredTap } from "./declared-tap.ts";
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
        ...blamed(scorer),
        what: 'its tap of "score" declares no dimensions.',
        hint: "Call it as tapPromise({ dimensions: { name: { description } } }, …).",
      });
    }
    for (const [name, info] of Object.entries(scorer.options.dimensions)) {
      const fault = dimensionFault(info);
      if (fault !== undefined) {
        throw new AutoTrajError("ATRAJ_PLUGIN_INVALID", {
          ...blamed(scorer),
          what: `its dimension "${name}" has ${fault}.`,
          hint: "A dimension is { description, range: [least, most] }; without a range it is from 0 to 1.",
        });
      }
      const other = dimensions.get(name);
      if (other !== undefined) {
        throw new AutoTrajError("ATRAJ_DIMENSION_CONFLICT", {
          ...blamed(scorer),
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

function dimensionFault(info: unknown): string | undefined {
  // One without a word is what the conformance checks complain of: plugins of before run as they did.
  if (typeof info !== "object" || info === null) return "no description";
  const { range } = info as Partial<DimensionInfo>;
  if (range === undefined) return undefined;
  const [least, most] = Array.isArray(range) && range.length === 2 ? range : [];
  return Number.isFinite(least) && Number.isFinite(most) && Number(least) < Number(most) ? undefined : `the range ${JSON.stringify(range)}`;
}

/** Gates, repairers and reward terms say which dimensions they cannot do without. @throws ATRAJ_DIMENSION_MISSING */
export function checkNeeds(taps: readonly NeedingTap[], dimensions: ReadonlyMap<string, unknown>): void {
  const lacking = taps.filter(({ options }) => (options.needs ?? []).some((name) => !dimensions.has(name)));
  if (lacking.length > 0) throw unmet(lacking, dimensions);
}

function unmet(waiting: readonly NeedingTap[], dimensions: ReadonlyMap<string, unknown>): AutoTrajError {
  const isCircle = waiting.every(({ options }) => (options.needs ?? []).every((name) => dimensions.has(name)));
  const details = waiting.map((scorer) => {
    const needs = scorer.options.needs ?? [];
    const missing = needs.filter((name) => !dimensions.has(name));
    const meant = missing.flatMap((name) => nearest(name, [...dimensions.keys()]) ?? []);
    const [what, why] = missing.length > 0 ? [missing, "which no scorer of the preset fills"] : [needs, "and these wait for it in a circle"];
    const help = meant.length === 0 ? "" : `. Did you mean ${quoted(meant)}?`;
    return `"${scorer.name}" needs ${quoted(what)}, ${why}${help}${scorer.where === undefined ? "" : ` (${scorer.where})`}`;
  });
  return new AutoTrajError("ATRAJ_DIMENSION_MISSING", {
    who: "preset",
    what: "some plugins cannot get the dimensions they need.",
    details,
    hint: isCircle
      ? "Take one of these needs out."
      : `Dimensions there are: ${[...dimensions.keys()].join(", ") || "none"}. Add the scorer that fills the missing one (e.g. @autotraj/scorer-answer for "correctness").`,
  });
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

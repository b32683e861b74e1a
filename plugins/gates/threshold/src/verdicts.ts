/** The verdicts on a question's candidates and on a repair, from what `findings.ts` found. */
import type { GateCase, ScoredTrajectory, Verdict } from "@autotraj/core/plugin";
import { type Findings, findingsOf, type Rules, type Shortfall, shown, weightedMean } from "./findings.ts";
import type { ThresholdGateOptions } from "./options.ts";

interface Passed {
  readonly is: "pass";
  readonly reason: string;
  readonly weighted: number | undefined;
}
/** `pass` may still be too many; `open`: nothing speaks against it, but a skipped score leaves it undecided. */
type Outcome = Passed | { readonly is: "open"; readonly verdict: Verdict } | { readonly is: "decided"; readonly verdict: Verdict };

/** Verdicts for the candidates of one question, or undefined where skipped scores leave every one of them open. */
export function judgeCandidates({ items }: GateCase, options: ThresholdGateOptions): readonly Verdict[] | undefined {
  const rules = candidateRules(options);
  const outcomes = items.map((item) => judge(item, rules, options));
  const judged = outcomes.filter((outcome, index) => (items[index] as ScoredTrajectory).trajectory.finish !== "failed" && outcome.is !== "open");
  const open = outcomes.some(({ is }) => is === "open");
  if (open && judged.length === 0) return undefined;
  // What a gate before this one has refused takes no place among the best.
  const contending = outcomes.filter((_, index) => (items[index]?.verdict?.decision ?? "keep") === "keep");
  const places = placesOf(contending, rules.keepAtMost);
  return outcomes.map((outcome) =>
    outcome.is === "pass" ? keptIfBest(outcome, contending.includes(outcome) ? places : undefined) : outcome.verdict,
  );
}

/** Accepts or refuses one repair. A refusal never ends the repair: the next attempt may do better. */
export function judgeRepair({ items, parent }: GateCase, options: ThresholdGateOptions): readonly Verdict[] | undefined {
  const [item] = items;
  if (item === undefined || parent === undefined) return undefined;
  const outcome = judge(item, repairRules(options), options);
  if (outcome.is === "open") return undefined;
  if (outcome.is === "decided") return [{ ...outcome.verdict, decision: "repair" }];
  return [compared(item, parent, outcome.reason, options)];
}

function candidateRules({ minimums, maximums, weights, weightedMinimum, discardBelow, keepAtMost }: ThresholdGateOptions): Rules {
  const isUsed = weightedMinimum !== undefined || discardBelow !== undefined || keepAtMost !== undefined;
  return { minimums, maximums, weights: isUsed ? weights : {}, weightedMinimum, discardBelow, keepAtMost };
}

function repairRules({ minimums, maximums, weights, weightedMinimum, repair }: ThresholdGateOptions): Rules {
  const least = repair.weightedMinimum ?? weightedMinimum;
  const isUsed = least !== undefined || repair.improveBy !== undefined;
  return {
    minimums: { ...minimums, ...repair.minimums },
    maximums,
    weights: isUsed ? weights : {},
    weightedMinimum: least,
    discardBelow: undefined,
    keepAtMost: undefined,
  };
}

function judge(item: ScoredTrajectory, rules: Rules, options: ThresholdGateOptions): Outcome {
  if (item.trajectory.finish === "failed")
    return { is: "decided", verdict: { decision: "discard", reason: "the policy failed before it was finished", cause: "failed" } };
  const found = findingsOf(item, rules, options);
  const { short, skipped, failed } = found;
  const { discardBelow } = rules;
  const { whenSkipped } = options;
  if (discardBelow !== undefined && found.weighted !== undefined && found.weighted < discardBelow) {
    const reason = `${[...short.map(({ text }) => text), `weighted ${shown(found.weighted, discardBelow)} < ${discardBelow}`].join("; ")}: not worth a repair`;
    return { is: "decided", verdict: { decision: "discard", reason, cause: short[0]?.cause ?? "poor" } };
  }
  // What falls short for certain is not kept, whatever a scorer failed to say about the rest.
  if (short.length > 0) return { is: "decided", verdict: shortOf(whenSkipped === "ignore" ? short : [...short, ...skipped]) };
  if (failed.length > 0) return { is: "decided", verdict: unjudged(failed) };
  if (skipped.length > 0 && whenSkipped === "fail") return { is: "decided", verdict: shortOf(skipped) };
  if (skipped.length > 0 && whenSkipped === "abstain") return { is: "open", verdict: unjudged(textsOf(skipped)) };
  if (skipped.length > 0 && !isDecidable(found, rules)) return { is: "open", verdict: unjudged(textsOf(skipped)) };
  const numbers =
    found.weighted === undefined || rules.weightedMinimum !== undefined ? found.met : [...found.met, `weighted ${shown(found.weighted)}`];
  return { is: "pass", reason: numbers.join("; ") || "no rule to fall short of", weighted: found.weighted };
}

/** With skipped dimensions ignored: whether any rule is left to pass, and a place among the others to be had where only the best are kept. */
function isDecidable({ met, weighted }: Findings, { keepAtMost }: Rules): boolean {
  return (met.length > 0 || weighted !== undefined) && (keepAtMost === undefined || weighted !== undefined);
}

interface Places {
  readonly kept: ReadonlySet<Passed>;
  readonly most: number;
  /** The lowest weighted score that still has a place. */
  readonly least: number;
}

/** The best of those that pass, of equals the first; undefined where there is a place for all. */
function placesOf(outcomes: readonly Outcome[], most: number | undefined): Places | undefined {
  const ranked = outcomes.flatMap((outcome) =>
    outcome.is === "pass" && outcome.weighted !== undefined ? [{ outcome, weighted: outcome.weighted }] : [],
  );
  if (most === undefined || ranked.length <= most) return undefined;
  const best = ranked.toSorted((a, b) => b.weighted - a.weighted).slice(0, most);
  return { kept: new Set(best.map(({ outcome }) => outcome)), most, least: Math.min(...best.map(({ weighted }) => weighted)) };
}

function keptIfBest(passed: Passed, places: Places | undefined): Verdict {
  if (places === undefined || places.kept.has(passed)) return { decision: "keep", reason: passed.reason };
  const reason = `${passed.reason}; not among the question's best ${places.most}, which go down to ${shown(places.least)}`;
  return { decision: "discard", reason, cause: "surplus" };
}

/** A repair that passes must also beat its parent where that is asked, over the dimensions that both have a value for. */
function compared(item: ScoredTrajectory, parent: ScoredTrajectory, passed: string, { weights, repair }: ThresholdGateOptions): Verdict {
  const { improveBy } = repair;
  if (improveBy === undefined) return { decision: "keep", reason: passed };
  const before = weightedMean(withoutFailed(parent), weights, item.scores);
  const after = weightedMean(item.scores, weights, parent.scores);
  if (before === undefined || after === undefined)
    return { decision: "keep", reason: [passed, "its parent has no weighted score to beat"].join("; ") };
  const gain = Math.round((after - before) * 1e9) / 1e9;
  const numbers = `${shown(after)} against its parent's ${shown(before)}`;
  if (gain > 0 && gain >= improveBy) return { decision: "keep", reason: [passed, numbers].join("; ") };
  return { decision: "repair", reason: `weighted ${numbers}: not better${improveBy > 0 ? ` by ${improveBy}` : ""}`, cause: "no better" };
}

/** A parent's failed score is unknown, not an obstacle: the rest is compared. */
function withoutFailed({ scores }: ScoredTrajectory): ScoredTrajectory["scores"] {
  return Object.fromEntries(Object.entries(scores).filter(([, score]) => !("failed" in score)));
}

function shortOf(shortfalls: readonly Shortfall[]): Verdict {
  return { decision: "repair", reason: textsOf(shortfalls).join("; "), cause: shortfalls[0]?.cause ?? "poor" };
}

/** Discarded, not repaired: nothing says what is wrong with it, so a repair would be money for nothing. */
function unjudged(reasons: readonly string[]): Verdict {
  return { decision: "discard", reason: `it could not be judged: ${reasons.join("; ")}`, cause: "unjudged" };
}

function textsOf(shortfalls: readonly Shortfall[]): readonly string[] {
  return shortfalls.map(({ text }) => text);
}

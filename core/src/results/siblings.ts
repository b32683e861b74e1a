/**
 * Pairs of siblings: a kept candidate preferred to a wrong one of the same question, both by the same author. Where each chosen side is a repairer's and each
 * rejected one is not, who wrote it is enough to tell them apart; here it says nothing. Neither repairs nor a model call are needed: logs have such pairs too.
 */
import { unpaired } from "../data/paired.ts";
import { isRight, type PreferencePair, type Trajectory } from "../kernel/plugin.ts";
import { promptOf, turnsOf } from "../loop/learnt-text.ts";
import type { RunStore, StoredTrajectory } from "../loop/store/run-store.ts";
import { byQuestion, sound } from "../loop/store/sound-rows.ts";

/** A preference with the rows that it is made of. */
export interface PairOfRows extends PreferencePair {
  readonly chosenRow: StoredTrajectory;
  readonly rejectedRow: StoredTrajectory;
}

export function pairOfRows(kind: NonNullable<PreferencePair["kind"]>, chosenRow: StoredTrajectory, rejectedRow: StoredTrajectory): PairOfRows {
  const { trajectory: chosen } = chosenRow;
  return { query: chosen.query, kind, chosen, rejected: rejectedRow.trajectory, chosenRow, rejectedRow };
}

/** No question gives more pairs, so that one with many candidates counts no more than others: all there are of four candidates. */
const MOST_PAIRS = 4;
/** Different texts of one author that are looked at on either side of a question: logs have questions with thousands. */
const MOST_TEXTS = 64;

/** What the pairs of siblings come to. */
export interface SiblingCounts {
  /** Questions with at least one pair. */
  readonly siblingQuestions: number;
}

/**
 * Of each question at most {@link MOST_PAIRS}, those first that length and form tell least of. Wrong is a candidate whose answer is wrong, whatever became
 * of it; where no answer was judged, the gate's cause says so. Left out: calls and results that do not pair, candidates without a turn, and wrong ones that say
 * what is learnt from on the same question.
 */
export function* siblingPairs(store: RunStore): Generator<PairOfRows, SiblingCounts> {
  let siblingQuestions = 0;
  for (const rows of byQuestion(store.trajectories(["kept", "repaired", "hard", "discarded", "accepted"]))) {
    const pairs = pairsOfQuestion(store, rows);
    if (pairs.length > 0) siblingQuestions++;
    for (const [kept, wrong] of pairs) yield pairOfRows("sibling", kept, wrong);
  }
  return { siblingQuestions };
}

type Side = "kept" | "wrong";

/** Undefined for what is neither, as repairs are: they have another author. */
function sideOf({ fate, scores, verdict }: StoredTrajectory): Side | undefined {
  if (fate === "accepted") return undefined;
  const right = isRight(scores["correctness"]);
  if (fate === "kept") return right === false ? undefined : "kept";
  return right === false || (right === undefined && verdict?.cause === "wrong") ? "wrong" : undefined;
}

function pairsOfQuestion(store: RunStore, rows: readonly StoredTrajectory[]): readonly (readonly [StoredTrajectory, StoredTrajectory])[] {
  const sides = Map.groupBy(rows, sideOf);
  const [kept, wrong] = [sides.get("kept") ?? [], sides.get("wrong") ?? []];
  if (kept.length === 0 || wrong.length === 0) return [];
  const learnable = [...kept, ...wrong]
    .map((row) => sound(store, row))
    .filter(({ trajectory }) => unpaired(trajectory) === undefined && trajectory.messages.some(({ role }) => role === "assistant"));
  // What is learnt from is wrong nowhere, whoever said it, and whatever was made of it where it was said once more.
  const learnt = new Set(rows.filter(({ fate }) => fate === "kept" || fate === "accepted").map(({ trajectory }) => textOf(trajectory)));
  const possible = [...byAuthor(learnable.map(told)).values()].flatMap((same) => {
    const [chosen, rejected] = [different(same, "kept"), different(same, "wrong").filter(({ text }) => !learnt.has(text))];
    return chosen.flatMap((one) => rejected.map((other) => ({ chosen: one, rejected: other })));
  });
  return chosenFrom(possible).map(({ chosen, rejected }) => [chosen.row, rejected.row]);
}

/** A candidate as pairs are chosen by. */
interface Told {
  readonly row: StoredTrajectory;
  readonly text: string;
  /** The score of its form; undefined where it has none. */
  readonly form: number | undefined;
}

function told(row: StoredTrajectory): Told {
  const { trajectory, scores } = row;
  const form = scores["format"];
  return {
    row,
    text: textOf(trajectory),
    form: form !== undefined && "value" in form ? form.value : undefined,
  };
}

function textOf(trajectory: Trajectory): string {
  return turnsOf(trajectory).join("\n");
}

/**
 * By policy and model, and by the repairer where a data set of repairs was read as a log; as they were asked, so that the prompt tells nothing either. Where nobody
 * is named for any, as in most logs of one agent, they are one author's; where somebody is for some, the others may be anybody's.
 */
function byAuthor(all: readonly Told[]): ReadonlyMap<string, readonly Told[]> {
  const named = all.filter(({ row }) => isNamed(row.trajectory));
  return Map.groupBy(named.length > 0 ? named : all, ({ row: { trajectory } }) => {
    const { policy, model, repairer } = trajectory.provenance;
    return JSON.stringify([policy ?? null, model ?? null, repairer ?? null, trajectory.dialect, promptOf(trajectory)]);
  });
}

function isNamed({ provenance: { policy, model } }: Trajectory): boolean {
  return policy !== undefined || model !== undefined;
}

/** The first of each text on one side. */
function different(rows: readonly Told[], side: Side): readonly Told[] {
  const texts = new Map<string, Told>();
  for (const told of rows) if (sideOf(told.row) === side && !texts.has(told.text) && texts.size < MOST_TEXTS) texts.set(told.text, told);
  return [...texts.values()];
}

interface Possible {
  readonly chosen: Told;
  readonly rejected: Told;
}

/** Pairs of the same form first, then the nearest in length; in rounds, of which each has a text once at most, so that no side is one text over and over. */
function chosenFrom(possible: readonly Possible[]): readonly Possible[] {
  let left = possible.toSorted((a, b) => differenceOfForm(a) - differenceOfForm(b) || differenceOfLength(a) - differenceOfLength(b));
  const chosen: Possible[] = [];
  while (left.length > 0 && chosen.length < MOST_PAIRS) {
    const used = new Set<Told>();
    left = left.filter((pair) => {
      if (chosen.length >= MOST_PAIRS || used.has(pair.chosen) || used.has(pair.rejected)) return true;
      used.add(pair.chosen).add(pair.rejected);
      chosen.push(pair);
      return false;
    });
  }
  return chosen;
}

function differenceOfForm({ chosen, rejected }: Possible): 0 | 1 {
  return chosen.form === rejected.form ? 0 : 1;
}

function differenceOfLength({ chosen, rejected }: Possible): number {
  return Math.abs(chosen.text.length - rejected.text.length);
}

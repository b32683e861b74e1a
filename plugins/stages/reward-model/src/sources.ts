/** The pairs of a run by kind, matched so that style tells few of them apart, and made by program where none were recorded. */
import { existsSync } from "node:fs";
import type { JsonObject, SftRow, StageContext } from "@autotraj/core/plugin";
import { rowsIn, trajectoryOf } from "@autotraj/core/rows";
import { drawnEdits } from "@autotraj/trajectory-edits/edits";
import { wellFormed } from "./format.ts";
import { type PairKind, type PairRow, pairRowOf, wordCount } from "./pair-row.ts";
import type { Settings } from "./settings.ts";

/** How many pairs there are of a kind, and why others were left out. */
export interface KindCount {
  readonly pairs: number;
  readonly leftOut: Readonly<Record<string, number>>;
}

export interface Sources {
  /** The files that the kinds are made of, where they are there. */
  readonly files: readonly string[];
  /** The same pairs whenever they are asked for. */
  rows(): Iterable<JsonObject>;
  /** Of what {@link rows} has last given to its end. */
  counts(): Readonly<Partial<Record<PairKind, KindCount>>>;
}

export function sourcesOf(context: StageContext, settings: Settings, textOf: (row: SftRow) => string): Sources {
  const { sft, preferences, siblings } = context.datasets;
  const places: Readonly<Record<PairKind, string>> = { repair: preferences, sibling: siblings, edit: sft };
  const found = settings.pairs.filter((kind) => existsSync(places[kind]));
  const counts = new Map<PairKind, { pairs: number; leftOut: Record<string, number> }>();
  const read = (kind: PairKind): Iterable<PairRow> =>
    kind === "edit" ? editPairs(places.edit, settings.edits, context) : recordedPairs(places[kind], kind);
  return {
    files: found.map((kind) => places[kind]),
    *rows() {
      counts.clear();
      for (const kind of found) {
        const count: { pairs: number; leftOut: Record<string, number> } = { pairs: 0, leftOut: {} };
        counts.set(kind, count);
        for (const pair of read(kind)) {
          const unlike = kind === "edit" || settings.match === "none" ? undefined : unlikeness(pair, settings.lengthRatio, textOf);
          if (unlike !== undefined) count.leftOut[unlike] = (count.leftOut[unlike] ?? 0) + 1;
          else {
            count.pairs++;
            yield pair as unknown as JsonObject;
          }
        }
      }
    },
    counts: () => Object.fromEntries(counts),
  };
}

/** `repair 22 (49 left out: only one side keeps the format), edit 48` */
export function toldCounts(counts: ReturnType<Sources["counts"]>): string {
  return Object.entries(counts)
    .map(([kind, { pairs, leftOut }]) => {
      const why = Object.entries(leftOut).map(([reason, number]) => `${number} left out: ${reason}`);
      return `${kind} ${pairs}${why.length === 0 ? "" : ` (${why.join("; ")})`}`;
    })
    .join(", ");
}

function* recordedPairs(file: string, kind: PairKind): Generator<PairRow> {
  for (const row of rowsIn(file)) yield { ...pairRowOf(row), kind };
}

function* editPairs(file: string, edits: number, { random }: StageContext): Generator<PairRow> {
  for (const row of rowsIn(file)) {
    const chosen = row as unknown as SftRow;
    if (!isGood(chosen)) continue;
    let draws = 0;
    for (const { edit, trajectory } of drawnEdits(trajectoryOf(chosen), edits, () => random("edit", chosen.id, draws++))) {
      const { usage: _usage, answer = null, ...made } = trajectory;
      const { parent: _parent, ...provenance } = made.provenance;
      const rejected: SftRow = {
        ...made,
        answer,
        id: `${chosen.id}-${edit}`,
        provenance: { ...provenance, parent: chosen.id, notes: { ...provenance.notes, edit } },
        scores: {},
        verdict: null,
      };
      yield { query: chosen.query, chosen, rejected, kind: "edit", edit };
    }
  }
}

/** What a scorer has found wrong with the original is nothing to prefer. */
function isGood({ scores }: SftRow): boolean {
  return ["correctness", "format", "grounded"].every((dimension) => {
    const score = scores[dimension];
    return score === undefined || !("value" in score) || score.value >= 0.5;
  });
}

function unlikeness(pair: PairRow, ratio: number, textOf: (row: SftRow) => string): string | undefined {
  const [chosen, rejected] = wellFormed(pair);
  if (chosen !== rejected) return "only one side keeps the format";
  const [shorter = 0, longer = 0] = [pair.chosen, pair.rejected].map((row) => wordCount(textOf(row))).sort((a, b) => a - b);
  return longer > ratio * shorter ? `one side has more than ${ratio} times the words` : undefined;
}

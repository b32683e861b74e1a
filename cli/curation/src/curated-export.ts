/** A run's data sets with what people have changed by hand, and the lineage of each row that they have. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { counted, type PreferencePair, preferencePairs, type RunStore, sftTrajectories, type Trajectory } from "@autotraj/core";
import type { Act } from "@autotraj/curation-acts/acts";
import type { Curation } from "@autotraj/curation-acts/state";
import { learntAt, learntQuestions, leftOut, preferredQuestions } from "./curated-rows.ts";
import { curationIn } from "./kept.ts";

/** One row that people have touched. */
interface LineageRow {
  /** Undefined where it was taken out of all. */
  readonly file?: string;
  /** From 1. */
  readonly row?: number;
  readonly id: string;
  readonly question: string;
  /** Without what edits came to: that is the row itself. */
  readonly acts: readonly object[];
}

export interface CurationWritten {
  /** That stand. */
  readonly acts: number;
  readonly card: string;
  readonly lineage: string;
  /** For people. */
  readonly text: string;
}

export class CuratedExport {
  readonly #store: RunStore;
  readonly #run: string;
  readonly #curation: Curation;
  readonly #lineage: LineageRow[] = [];
  readonly #rows: { readonly file: string; readonly rows: number }[] = [];
  /** Of which the next row is written. */
  #current: readonly Trajectory[] = [];

  /** @throws as {@link curationIn} */
  constructor(store: RunStore, run: string) {
    this.#store = store;
    this.#run = run;
    this.#curation = curationIn(run);
  }

  *sft(): Generator<Trajectory> {
    for (const { trajectory } of sftTrajectories(this.#store, learntQuestions(this.#store, this.#curation))) {
      this.#current = [trajectory];
      yield trajectory;
    }
  }

  *preferences(): Generator<PreferencePair> {
    const source = {
      questions: preferredQuestions(this.#store, this.#curation),
      learntAt: (position: number) => learntAt(this.#store, this.#curation, position),
    };
    for (const pair of preferencePairs(this.#store, source)) {
      this.#current = [pair.chosen, pair.rejected];
      yield pair;
    }
  }

  /** The rows as they are written, each noted with what was done to it. */
  *noted<Row>(file: string, rows: Iterable<Row>): Generator<Row> {
    let row = 0;
    this.#current = [];
    for (const next of rows) {
      row++;
      const [of] = this.#current;
      const acts = this.#actsOn(this.#current);
      if (of !== undefined && acts.length > 0) this.#lineage.push({ file, row, id: of.id, question: of.query.id, acts });
      yield next;
    }
    this.#rows.push({ file, rows: row });
  }

  #actsOn(trajectories: readonly Trajectory[]): readonly object[] {
    const standing = this.#curation.acts.filter(({ undoneBy }) => undoneBy === undefined).map(({ act }) => act);
    return trajectories.flatMap(({ id }) => standing.filter((act) => concerns(act, id)).map(withoutResult));
  }

  /** Writes `card.md` and `lineage.jsonl` beside the rows. */
  finish(out: string): CurationWritten {
    const taken = leftOut(this.#store, this.#curation).map(({ trajectory: { id, query } }): LineageRow => {
      const on = this.#curation.acts.filter(({ act, undoneBy }) => undoneBy === undefined && act.kind !== "undo" && act.on === id);
      return { id, question: query.id, acts: on.map(({ act }) => withoutResult(act)) };
    });
    const [card, lineage] = [join(out, "card.md"), join(out, "lineage.jsonl")];
    writeFileSync(lineage, [...this.#lineage, ...taken].map((row) => `${JSON.stringify(row)}\n`).join(""));
    const standing = this.#curation.acts.filter(({ act, undoneBy }) => undoneBy === undefined && act.kind !== "undo").map(({ act }) => act);
    writeFileSync(card, this.#card(standing, taken));
    const text = `by hand: ${counted(standing.length, "act")}, told in ${card}; of which row in ${lineage}`;
    return { acts: standing.length, card, lineage, text };
  }

  #card(standing: readonly Act[], taken: readonly LineageRow[]): string {
    const people = Map.groupBy(standing, ({ by }) => by);
    const touched = new Set(this.#lineage.map(({ id }) => id)).size;
    return [
      "# Data sets changed by hand",
      "",
      `Made by AutoTraj from the run \`${this.#store.identity()?.runId ?? this.#run}\`. Its own card (datasets/card.md in the run's folder) says what made the rows; this one says what people did to them.`,
      "",
      "| file | rows |",
      "|---|---|",
      ...this.#rows.map(({ file, rows }) => `| ${file} | ${rows} |`),
      "",
      standing.length === 0
        ? "Nothing was changed by hand."
        : `Acts that stand: ${standing.length}. Trajectories among the rows that were touched: ${touched}; taken out of what the run has in its data sets: ${taken.length}.`,
      "",
      ...[...people].map(([by, acts]) => `- ${by}: ${countsOf(acts)}`),
      ...(people.size === 0 ? [] : [""]),
      "lineage.jsonl names each row that was touched or taken out, with the acts: who, when, what.",
      "",
    ].join("\n");
  }
}

function concerns(act: Act, id: string): boolean {
  if (act.kind === "undo") return false;
  return act.on === id || (act.kind === "edit" && act.trajectory.id === id);
}

function withoutResult(act: Act): object {
  if (act.kind !== "edit") return act;
  const { trajectory, scores: _scores, verdict, ...about } = act;
  return { ...about, into: trajectory.id, verdict };
}

function countsOf(acts: readonly Act[]): string {
  const kinds = Map.groupBy(acts, (act) => (act.kind === "verdict" ? `verdict ${act.decision}` : act.kind));
  return [...kinds].map(([kind, of]) => `${of.length} × ${kind}`).join(", ");
}

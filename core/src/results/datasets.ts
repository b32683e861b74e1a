/**
 * The data sets of a run, written from the store in the order of the questions: the same trajectories always give the same bytes. Times, token ids
 * and cache hits stay out of them, since these differ between two runs that did the same.
 */
import { statSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { trajectoryRow } from "../data/dataset-rows.ts";
import { writeError, writeJsonLines } from "../data/json-lines.ts";
import { unpaired } from "../data/paired.ts";
import { wellFormed } from "../data/well-formed.ts";
import type { DialectName, Trajectory } from "../kernel/plugin.ts";
import { learntText, turnsOf } from "../loop/learnt-text.ts";
import type { RunStore, StoredTrajectory } from "../loop/store/run-store.ts";
import { byQuestion, sound, soundRows } from "../loop/store/sound-rows.ts";
import { type PairOfRows, pairOfRows, type SiblingCounts, siblingPairs } from "./siblings.ts";

/** Rows of each file, and what they come to. */
export interface DatasetCounts extends SftCounts, PreferenceCounts, SiblingCounts {
  readonly sft: number;
  readonly preferences: number;
  readonly siblings: number;
  readonly hardCases: number;
}

export interface DatasetFiles {
  readonly sft: string;
  readonly preferences: string;
  readonly siblings: string;
  readonly hardCases: string;
  readonly card: string;
}

export function datasetFiles(runDir: string): DatasetFiles {
  const folder = join(runDir, "datasets");
  return {
    sft: join(folder, "sft.jsonl"),
    preferences: join(folder, "preferences.jsonl"),
    siblings: join(folder, "siblings.jsonl"),
    hardCases: join(folder, "hard-cases.jsonl"),
    card: join(folder, "card.md"),
  };
}

/** What the SFT rows come to. Texts are different within their question ({@link learntText}). */
export interface SftCounts {
  /** Rows left out because another of the same question says the same. */
  readonly duplicates: number;
  /** Rows left out because the loss is off all their turns: a trainer would have nothing to do, or would learn what it was told not to. */
  readonly untrained: number;
  /** Rows that a repairer wrote: texts that no kept candidate of their question has. */
  readonly repaired: number;
  /** Questions with at least one row. */
  readonly questions: number;
  /** Questions whose rows are all repairs: nothing would be learnt from them without. */
  readonly onlyRepaired: number;
}

/**
 * Kept candidates and accepted repairs that have a turn to train on, without those that repeat another's prompt and text on the same question.
 * @param questions what of each question may be learnt from, where that is not what the run says
 */
export function* sftTrajectories(
  store: RunStore,
  questions: Iterable<readonly StoredTrajectory[]> = byQuestion(soundRows(store, ["kept", "accepted"])),
): Generator<StoredTrajectory, SftCounts> {
  const counts = { duplicates: 0, untrained: 0, repaired: 0, questions: 0, onlyRepaired: 0 };
  for (const all of questions) {
    const rows = all.filter(({ trajectory }) => isTrainedOn(trajectory));
    counts.untrained += all.length - rows.length;
    if (rows.length === 0) continue;
    const different = ofDifferentTexts(rows);
    const repaired = different.filter(({ fate }) => fate === "accepted").length;
    counts.duplicates += rows.length - different.length;
    counts.repaired += repaired;
    counts.questions++;
    if (repaired === different.length) counts.onlyRepaired++;
    yield* different;
  }
  return counts;
}

function isTrainedOn({ messages }: Trajectory): boolean {
  return messages.some((message) => message.role === "assistant" && message.train !== false);
}

/** Of one question. Most have one row, whose text need not be made. What was kept comes first, so that no repair that repeats it takes its place. */
function ofDifferentTexts(rows: readonly StoredTrajectory[]): readonly StoredTrajectory[] {
  if (rows.length === 1) return rows;
  const texts = new Set<string>();
  return rows.filter(({ trajectory }) => isNew(texts, learntText(trajectory)));
}

function isNew(texts: Set<string>, text: string): boolean {
  const before = texts.size;
  return texts.add(text).size > before;
}

/** One trajectory per question that was rolled out, whatever became of it: for data sets of prompts. */
export function* promptTrajectories(store: RunStore): Generator<StoredTrajectory> {
  let position = -1;
  for (const row of soundRows(store, ["kept", "repaired", "hard", "discarded"])) {
    if (row.position !== position) yield row;
    position = row.position;
  }
}

/** What the preference pairs come to. */
export interface PreferenceCounts {
  /** Pairs left out because another of the same question says the same on both sides. */
  readonly samePairs: number;
  /** Pairs left out because their rejected side says what an SFT row of the question says: one data set would teach what the other teaches to avoid. */
  readonly contradicting: number;
  /** Pairs left out because their sides cannot be compared: see {@link areComparable}. */
  readonly incomparable: number;
  /** Different chosen texts, within their question. */
  readonly chosenTexts: number;
}

/** What pairs are made of, where that is not what the run says. */
export interface PreferenceSource {
  /** The repairs of each question. */
  readonly questions: Iterable<readonly StoredTrajectory[]>;
  /** What is learnt from on the question at this position. */
  readonly learntAt: (position: number) => readonly StoredTrajectory[];
}

function preferenceSource(store: RunStore): PreferenceSource {
  return {
    questions: byQuestion(soundRows(store, ["accepted"])),
    learntAt: (position) => store.trajectoriesAt(position).filter(({ fate }) => fate === "kept" || fate === "accepted"),
  };
}

/**
 * Each accepted repair with the trajectory it repairs, but for pairs of the same two texts on the same question, and for those whose rejected side is learnt from
 * there, be it as another's text or as its own.
 */
export function* preferencePairs(store: RunStore, source: PreferenceSource = preferenceSource(store)): Generator<PairOfRows, PreferenceCounts> {
  const counts = { samePairs: 0, contradicting: 0, incomparable: 0, chosenTexts: 0 };
  for (const repairs of source.questions) {
    const [pairs, chosen] = [new Set<string>(), new Set<string>()];
    const isLearnt = saidIn(source.learntAt(repairs[0]?.position ?? 0));
    for (const chosenRow of repairs) {
      const rejectedRow = store.trajectory(chosenRow.trajectory.provenance.parent ?? "");
      if (rejectedRow === undefined || !areComparable(chosenRow.trajectory, rejectedRow.trajectory)) {
        counts.incomparable++;
        continue;
      }
      const texts = [chosenRow, sound(store, rejectedRow)].map(({ trajectory }) => learntText(trajectory));
      if (!isNew(pairs, JSON.stringify(texts))) {
        counts.samePairs++;
        continue;
      }
      if (isLearnt(rejectedRow.trajectory)) {
        counts.contradicting++;
        continue;
      }
      if (isNew(chosen, texts[0] ?? "")) counts.chosenTexts++;
      yield pairOfRows("repair", chosenRow, rejectedRow);
    }
  }
  return counts;
}

/** There is something to prefer where the other side has turns, calls and results that pair, and was asked the same; a system prompt may be another. */
function areComparable(chosen: Trajectory, rejected: Trajectory): boolean {
  const hasTurn = rejected.messages.some(({ role }) => role === "assistant");
  return hasTurn && unpaired(rejected) === undefined && askedLast(chosen) === askedLast(rejected);
}

/** What the user had said when the model first spoke. */
function askedLast({ messages }: Trajectory): string | undefined {
  const first = messages.findIndex(({ role }) => role === "assistant");
  return messages
    .slice(0, first)
    .findLast(({ role }) => role === "user")
    ?.content.trim();
}

/** Whether one of these says the same turn for turn, whatever prompt it was written under: both sides of a pair stand under the chosen one's. */
function saidIn(rows: readonly StoredTrajectory[]): (trajectory: Trajectory) => boolean {
  const texts = new Map<DialectName, ReadonlySet<string>>();
  const textOf = (trajectory: Trajectory, dialect: DialectName) => JSON.stringify(turnsOf(trajectory, dialect));
  return (asked) => {
    const { dialect } = asked;
    const said = texts.get(dialect) ?? new Set(rows.map(({ trajectory }) => textOf(trajectory, dialect)));
    texts.set(dialect, said);
    return said.has(textOf(asked, dialect));
  };
}

/** Writes the data sets, unless no trajectory and none of the files has changed since they were written. */
export async function writeDatasets(store: RunStore, runDir: string): Promise<{ counts: DatasetCounts; files: DatasetFiles }> {
  const files = datasetFiles(runDir);
  const known = writtenBefore(store, files);
  if (known !== undefined) return { counts: known, files };
  await mkdir(join(runDir, "datasets"), { recursive: true }).catch((error) => {
    throw writeError(runDir, error);
  });
  const { rows: sft, ...texts } = await write(files.sft, sftTrajectories(store), trajectoryRow);
  const { rows: preferences, ...pairs } = await write(files.preferences, preferencePairs(store), pairRow);
  const { rows: siblings, ...others } = await write(files.siblings, siblingPairs(store), pairRow);
  const hardCases = await writeJsonLines(files.hardCases, function* () {
    for (const row of soundRows(store, ["hard"])) yield trajectoryRow(row);
  });
  const counts: DatasetCounts = { sft, preferences, siblings, hardCases, ...texts, ...pairs, ...others };
  store.setDerived(COUNTED, { counts, stamps: stampsOf(files) } satisfies WrittenDatasets);
  return { counts, files };
}

/** @returns how many rows there are, and what they say of themselves at their end */
async function write<Row, Counts>(file: string, rows: Generator<Row, Counts>, rowOf: (row: Row) => object): Promise<Counts & { rows: number }> {
  let counts: Counts | undefined;
  const count = await writeJsonLines(file, function* () {
    for (let next = rows.next(); ; next = rows.next()) {
      if (next.done === true) {
        counts = next.value;
        return;
      }
      yield rowOf(next.value);
    }
  });
  return { rows: count, ...(counts as Counts) };
}

function pairRow({ query, kind, chosenRow, rejectedRow }: PairOfRows): object {
  return { query: wellFormed(query), kind, chosen: trajectoryRow(chosenRow), rejected: trajectoryRow(rejectedRow) };
}

/** How many rows the data sets have, or would have if they were written now. */
export function countRows(store: RunStore): DatasetCounts {
  const known = store.derived<WrittenDatasets>(COUNTED);
  if (known !== undefined) return known.counts;
  const { rows: sft, ...texts } = counted(sftTrajectories(store));
  const { rows: preferences, ...pairs } = counted(preferencePairs(store));
  const { rows: siblings, ...others } = counted(siblingPairs(store));
  const { hardCases } = store.one("SELECT count(*) hardCases FROM trajectories WHERE fate = 'hard'") as { hardCases: number };
  return { sft, preferences, siblings, hardCases, ...texts, ...pairs, ...others };
}

function counted<Counts>(rows: Generator<unknown, Counts>): Counts & { rows: number } {
  for (let count = 0; ; count++) {
    const next = rows.next();
    if (next.done === true) return { rows: count, ...next.value };
  }
}

/** What counts are remembered under: renamed whenever more is counted, so that what an earlier release remembers is counted again. */
export const COUNTED = "datasets without contradictions";

interface WrittenDatasets {
  readonly counts: DatasetCounts;
  readonly stamps: readonly string[];
}

function writtenBefore(store: RunStore, files: DatasetFiles): DatasetCounts | undefined {
  const known = store.derived<WrittenDatasets>(COUNTED);
  if (known === undefined) return undefined;
  const { counts, stamps } = known;
  const now = stampsOf(files);
  return stamps.every((stamp, index) => stamp === now[index]) ? counts : undefined;
}

function stampsOf({ sft, preferences, siblings, hardCases }: DatasetFiles): readonly string[] {
  return [sft, preferences, siblings, hardCases].map(fileStamp);
}

/** Size and time of a file: another one where its content may be another. */
export function fileStamp(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined ? "missing" : `${stats.size} ${stats.mtimeMs}`;
}

export async function writeCard(files: DatasetFiles, text: string): Promise<void> {
  await writeFile(files.card, text).catch((error) => {
    throw writeError(files.card, error);
  });
}

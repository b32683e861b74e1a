/**
 * The data sets of a run, written from the store in the order of the questions: the same trajectories always give the same bytes. Times, token ids
 * and cache hits stay out of them, since these differ between two runs that did the same.
 */
import { statSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { damaged } from "../data/database.ts";
import { trajectoryRow } from "../data/dataset-rows.ts";
import { dialects } from "../data/dialects/index.ts";
import { writeError, writeJsonLines } from "../data/json-lines.ts";
import { unpaired } from "../data/paired.ts";
import { checkTrajectory } from "../data/trajectory-schema.ts";
import type { PreferencePair, Trajectory } from "../kernel/plugin.ts";
import { trajectoryId } from "../kernel/trajectory/identity.ts";
import { type Fate, makeAgain, type RunStore, type StoredTrajectory } from "../loop/store/run-store.ts";

export interface DatasetCounts {
  readonly sft: number;
  readonly preferences: number;
  readonly hardCases: number;
  /** SFT rows left out because another row of the same question says the same. */
  readonly duplicates: number;
}

export interface DatasetFiles {
  readonly sft: string;
  readonly preferences: string;
  readonly hardCases: string;
  readonly card: string;
}

export function datasetFiles(runDir: string): DatasetFiles {
  const folder = join(runDir, "datasets");
  return {
    sft: join(folder, "sft.jsonl"),
    preferences: join(folder, "preferences.jsonl"),
    hardCases: join(folder, "hard-cases.jsonl"),
    card: join(folder, "card.md"),
  };
}

/** Kept candidates and accepted repairs, without those that repeat another's prompt and text on the same question. Returns how many those are. */
export function* sftTrajectories(store: RunStore): Generator<StoredTrajectory, number> {
  let duplicates = 0;
  let group: StoredTrajectory[] = [];
  for (const row of soundRows(store, ["kept", "accepted"])) {
    if (group.length > 0 && group[0]?.position !== row.position) {
      duplicates += yield* withoutDuplicates(group);
      group = [];
    }
    group.push(row);
  }
  return duplicates + (yield* withoutDuplicates(group));
}

/** Of one question. Most have one row, whose text need not be made. */
function* withoutDuplicates(rows: readonly StoredTrajectory[]): Generator<StoredTrajectory, number> {
  const texts = new Set<string>();
  let duplicates = 0;
  for (const row of rows) {
    const text = rows.length === 1 ? "" : promptAndText(row.trajectory);
    if (texts.has(text)) duplicates++;
    else {
      texts.add(text);
      yield row;
    }
  }
  return duplicates;
}

/** Rows as they were written: nothing is learnt from what was changed since. @throws ATRAJ_STORE_FAILED at the first that is not */
function* soundRows(store: RunStore, fates: readonly Fate[]): Generator<StoredTrajectory> {
  for (const row of store.trajectories(fates)) yield sound(store, row);
}

function sound(store: RunStore, row: StoredTrajectory): StoredTrajectory {
  const { trajectory, position } = row;
  if (idOf(trajectory) === trajectory.id) return row;
  const what = `the body of trajectory ${trajectory.id} (#${position + 1}) is not what was written: its content has another id`;
  throw damaged(store.file, what, makeAgain(store.file, position));
}

/** Undefined for what is no trajectory. */
function idOf(trajectory: Trajectory): string | undefined {
  return checkTrajectory(trajectory) === undefined ? trajectoryId(trajectory) : undefined;
}

function promptAndText(trajectory: Trajectory): string {
  const { messages, tools } = trajectory;
  const asked = messages.flatMap(({ role, content }) => (role === "system" || role === "user" ? [content] : []));
  return JSON.stringify([asked, tools.map(({ name }) => name), dialects.text(trajectory)]);
}

/** One trajectory per question that was rolled out, whatever became of it: for data sets of prompts. */
export function* promptTrajectories(store: RunStore): Generator<StoredTrajectory> {
  let position = -1;
  for (const row of soundRows(store, ["kept", "repaired", "hard", "discarded"])) {
    if (row.position !== position) yield row;
    position = row.position;
  }
}

/** Each accepted repair with the trajectory it repairs, but for those whose calls and results do not pair: there is nothing to prefer in them. */
export function* preferencePairs(store: RunStore): Generator<PreferencePair & { chosenRow: StoredTrajectory; rejectedRow: StoredTrajectory }> {
  for (const chosenRow of soundRows(store, ["accepted"])) {
    const rejectedRow = store.trajectory(chosenRow.trajectory.provenance.parent ?? "");
    if (rejectedRow === undefined || unpaired(rejectedRow.trajectory) !== undefined) continue;
    sound(store, rejectedRow);
    yield { query: chosenRow.trajectory.query, chosen: chosenRow.trajectory, rejected: rejectedRow.trajectory, chosenRow, rejectedRow };
  }
}

/** Writes the data sets, unless no trajectory and none of the files has changed since they were written. */
export async function writeDatasets(store: RunStore, runDir: string): Promise<{ counts: DatasetCounts; files: DatasetFiles }> {
  const files = datasetFiles(runDir);
  const known = writtenBefore(store, files);
  if (known !== undefined) return { counts: known, files };
  let duplicates = 0;
  await mkdir(join(runDir, "datasets"), { recursive: true }).catch((error) => {
    throw writeError(runDir, error);
  });
  const sft = await writeJsonLines(files.sft, function* () {
    const rows = sftTrajectories(store);
    for (let next = rows.next(); ; next = rows.next()) {
      if (next.done === true) {
        duplicates = next.value;
        return;
      }
      yield trajectoryRow(next.value);
    }
  });
  const preferences = await writeJsonLines(files.preferences, function* () {
    for (const { query, chosenRow, rejectedRow } of preferencePairs(store)) {
      yield { query, chosen: trajectoryRow(chosenRow), rejected: trajectoryRow(rejectedRow) };
    }
  });
  const hardCases = await writeJsonLines(files.hardCases, function* () {
    for (const row of soundRows(store, ["hard"])) yield trajectoryRow(row);
  });
  const counts: DatasetCounts = { sft, preferences, hardCases, duplicates };
  store.setDerived(WRITTEN, { counts, stamps: stampsOf(files) } satisfies WrittenDatasets);
  return { counts, files };
}

/** How many rows the data sets have, or would have if they were written now. */
export function countRows(store: RunStore): DatasetCounts {
  const known = store.derived<WrittenDatasets>(WRITTEN);
  if (known !== undefined) return known.counts;
  const sft = counted(sftTrajectories(store));
  return {
    sft: sft.rows,
    duplicates: sft.result,
    preferences: counted(preferencePairs(store)).rows,
    hardCases: (store.one("SELECT count(*) n FROM trajectories WHERE fate = 'hard'") as { n: number }).n,
  };
}

function counted<T>(rows: Generator<unknown, T>): { readonly rows: number; readonly result: T } {
  for (let count = 0; ; count++) {
    const next = rows.next();
    if (next.done === true) return { rows: count, result: next.value };
  }
}

const WRITTEN = "datasets";

interface WrittenDatasets {
  readonly counts: DatasetCounts;
  readonly stamps: readonly string[];
}

function writtenBefore(store: RunStore, files: DatasetFiles): DatasetCounts | undefined {
  const known = store.derived<WrittenDatasets>(WRITTEN);
  if (known === undefined) return undefined;
  const { counts, stamps } = known;
  const now = stampsOf(files);
  return stamps.every((stamp, index) => stamp === now[index]) ? counts : undefined;
}

function stampsOf({ sft, preferences, hardCases }: DatasetFiles): readonly string[] {
  return [sft, preferences, hardCases].map(fileStamp);
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

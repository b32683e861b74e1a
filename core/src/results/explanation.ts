/** What a run knows of one of its questions or trajectories, found by any name that people have for it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { nonBlankLines } from "../data/lines.ts";
import { AutoTrajError } from "../kernel/errors.ts";
import type { StoredCall } from "../loop/store/call-cache.ts";
import type { RunStore, StoredTrajectory } from "../loop/store/run-store.ts";
import { datasetFiles } from "./datasets.ts";

export interface Explanation {
  readonly position: number;
  readonly status: string;
  readonly reason: string | null;
  /** The trajectory asked for; undefined where a whole question was. */
  readonly asked: string | undefined;
  readonly trajectories: readonly StoredTrajectory[];
  readonly calls: readonly StoredCall[];
  readonly incidents: readonly { readonly at: string; readonly who: string; readonly what: string }[];
}

/** @throws as {@link locateRow} */
export async function explainRow(store: RunStore, run: string, row: string): Promise<Explanation> {
  const { position, asked } = await locateRow(store, run, row);
  const trajectories = store.trajectoriesAt(position);
  const query = store.one("SELECT id, status, reason FROM queries WHERE position = ?", position) as
    | { id: string; status: string; reason: string | null }
    | undefined;
  const queryId = query?.id ?? trajectories[0]?.trajectory.query.id;
  return {
    position,
    status: query?.status ?? "in progress",
    reason: query?.reason ?? null,
    asked,
    trajectories,
    calls: queryId === undefined ? [] : store.callsFor(queryId),
    incidents: store.all("SELECT at, who, what FROM incidents WHERE position = ? ORDER BY at", position) as Explanation["incidents"],
  };
}

/** @throws ATRAJ_USAGE where nothing, or more than one thing, is meant. */
export async function locateRow(store: RunStore, run: string, row: string): Promise<{ position: number; asked: string | undefined }> {
  const number = /^#?(\d+)$/.exec(row)?.[1];
  if (number !== undefined && (row.startsWith("#") || !isOtherQuestion(store, run, row))) {
    return { position: knownPosition(store, run, Number(number) - 1), asked: undefined };
  }
  const id = /^id:(.+)$/s.exec(row)?.[1];
  if (id !== undefined) return { position: knownQuestion(store, id) ?? nothing(run, row), asked: undefined };
  const inDataset = /^(sft|preferences|siblings|hard-cases):(\d+)$/.exec(row);
  if (inDataset !== null) return locateRow(store, run, await idInDataset(run, inDataset[1] ?? "", Number(inDataset[2])));
  const found = store.all("SELECT id, position FROM trajectories WHERE substr(id, 1, ?) = ? LIMIT 2", row.length, row) as {
    id: string;
    position: number;
  }[];
  const [only, other] = found;
  if (only !== undefined && other === undefined) return { position: only.position, asked: only.id };
  if (other !== undefined) {
    const several = store.all("SELECT id FROM trajectories WHERE substr(id, 1, ?) = ? LIMIT 5", row.length, row) as { id: string }[];
    throw new AutoTrajError("ATRAJ_USAGE", {
      who: run,
      what: `several trajectories begin with "${row}".`,
      details: several.map(({ id }) => id),
      hint: "Give more of the id.",
    });
  }
  return { position: knownQuestion(store, row) ?? nothing(run, row), asked: undefined };
}

function knownQuestion(store: RunStore, id: string): number | undefined {
  return (store.one("SELECT position FROM queries WHERE id = ?", id) as { position: number } | undefined)?.position;
}

/** Sources often number their questions. @throws ATRAJ_USAGE where a number is that of one question and the id of another */
function isOtherQuestion(store: RunStore, run: string, number: string): false {
  const position = knownQuestion(store, number);
  if (position === undefined || position === Number(number) - 1) return false;
  throw new AutoTrajError("ATRAJ_USAGE", {
    who: run,
    what: `${number} is the number of one question and the id of another, which is question ${position + 1}.`,
    hint: `Write '#${number}' (in quotes) for the number, or id:${number} for the id.`,
  });
}

function nothing(run: string, row: string): never {
  throw new AutoTrajError("ATRAJ_USAGE", {
    who: run,
    what: `the run has no trajectory and no finished question "${row}".`,
    hint: "1 is the first question, sft:1 the first SFT row; ids of trajectories and questions stand in every data-set row.",
  });
}

function knownPosition(store: RunStore, run: string, position: number): number {
  const there = store.one("SELECT 1 FROM queries WHERE position = ?1 UNION SELECT 1 FROM trajectories WHERE position = ?1", position);
  if (there !== undefined) return position;
  const { most } = store.one("SELECT max(position) + 1 AS most FROM queries") as { most: number | null };
  throw new AutoTrajError("ATRAJ_USAGE", { who: run, what: `the run has no question ${position + 1} yet.`, hint: `It has 1 to ${most ?? 0}.` });
}

async function idInDataset(run: string, name: string, number: number): Promise<string> {
  const file = name === "sft" ? datasetFiles(run).sft : join(run, "datasets", `${name}.jsonl`);
  const text = existsSync(file) ? await rowOf(file, number) : undefined;
  if (text === undefined) throw new AutoTrajError("ATRAJ_USAGE", { who: run, what: `${file} has no row ${number}.` });
  try {
    const row = JSON.parse(text) as { id?: string; chosen?: { id: string } };
    const id = row.id ?? row.chosen?.id;
    if (id !== undefined) return id;
  } catch {
    // The same as a row without an id.
  }
  const hint = "It was changed since: `autotraj resume` writes the data sets again.";
  throw new AutoTrajError("ATRAJ_USAGE", { who: run, what: `row ${number} of ${file} is none of a data set.`, hint });
}

async function rowOf(file: string, number: number): Promise<string | undefined> {
  let row = 0;
  for await (const { text } of nonBlankLines(file)) if (++row === number) return text;
  return undefined;
}

/** What a run comes to so far. */
import type { DatabaseSync } from "node:sqlite";
import type { Fate, Incidents, IndexedFigures, IndexProgress, Overview, PolicyUsage, RunEntry, TimingsAnswer, Usage } from "./api.ts";
import type { IndexReader } from "./index-store/reader.ts";
import { Remembered } from "./remembered.ts";
import { jsonOr, readRun, stampOf, summaryOf } from "./run-folder.ts";

const SHOWN_INCIDENTS = 50;

const counted = new Remembered<Pick<Overview, "questions" | "fates" | "seconds" | "incidents">>();

export function overviewOf(run: RunEntry, reader: IndexReader, index: IndexProgress): Overview {
  const now = counted.get(run.folder, stampOf(run.folder), () => readRun(run.folder, countsIn));
  const figures = reader.figures();
  return { run, index, ...now, figures, usage: usageOf(run, figures) };
}

function countsIn(database: DatabaseSync): Pick<Overview, "questions" | "fates" | "seconds" | "incidents"> {
  const fates = rows(database, "SELECT fate, count(*) count FROM trajectories GROUP BY fate") as { fate: Fate; count: number }[];
  return {
    questions: questionsIn(database),
    fates: Object.fromEntries(fates.map(({ fate, count }) => [fate, count])),
    seconds: rows(database, "SELECT part, value seconds FROM seconds ORDER BY part") as Overview["seconds"],
    incidents: incidentsIn(database),
  };
}

function rows(database: DatabaseSync, sql: string, ...values: (string | number)[]): unknown[] {
  return database
    .prepare(sql)
    .all(...values)
    .map((row) => ({ ...row }));
}

function questionsIn(database: DatabaseSync): Overview["questions"] {
  const counts = rows(database, "SELECT status, count(*) count FROM queries GROUP BY status") as { status: string; count: number }[];
  const of = (status: string) => counts.find((row) => row.status === status)?.count ?? 0;
  return { done: of("done"), dropped: of("dropped"), failed: of("failed") };
}

function incidentsIn(database: DatabaseSync): Incidents {
  const by = rows(database, "SELECT who, count(*) count, what last, max(at) FROM incidents GROUP BY who ORDER BY 2 DESC, 1 LIMIT 100") as {
    who: string;
    count: number;
    last: string;
  }[];
  const latest = rows(database, `SELECT at, position, who, what FROM incidents ORDER BY at DESC LIMIT ${SHOWN_INCIDENTS}`) as Incidents["latest"];
  const { total } = database.prepare("SELECT count(*) total FROM incidents").get() as { total: number };
  return { total, by: by.map(({ who, count, last }) => ({ who, count, last })), latest };
}

/** Of a finished run what its tables say, which is counted over every call; before that what its trajectories have used. */
function usageOf(run: RunEntry, { policies: used }: IndexedFigures): Usage {
  const known =
    run.state === "finished" ? (summaryOf(run.folder)?.["usage"] as Readonly<Record<string, Omit<PolicyUsage, "policy">>> | undefined) : undefined;
  if (known === undefined) return { of: "trajectories", policies: used.map((policy) => ({ ...policy, usd: null })) };
  const policies = Object.entries(known).map(([policy, { calls, promptTokens, completionTokens, usd }]) => ({
    ...{ policy, calls, promptTokens, completionTokens, usd },
  }));
  return { of: "summary", policies };
}

/** Calls have no index by their place: beyond so many bytes of store they are not looked through. */
const SEARCHED_BYTES = 2 ** 30;

/** What each model turn of one trajectory took. @param place `<query id>/<writer>/<candidate or attempt>`: how the run names its calls */
export function timingsIn(database: DatabaseSync, place: string): TimingsAnswer {
  const { bytes } = database.prepare("SELECT page_count * page_size bytes FROM pragma_page_count(), pragma_page_size()").get() as { bytes: number };
  if (bytes > SEARCHED_BYTES)
    return { turns: [], problem: "The run's store is too large to look through its calls. `autotraj explain --calls` does." };
  const found = rows(
    database,
    "SELECT place, milliseconds, response FROM calls WHERE kind = 'model' AND place >= ? AND place < ?",
    `${place}/`,
    `${place}0`,
  ) as { place: string; milliseconds: number; response: string }[];
  const turns = found
    .map((call) => ({ ...call, turn: Number(call.place.slice(place.length + 1)) }))
    .filter(({ turn }) => Number.isInteger(turn))
    .sort((a, b) => a.turn - b.turn)
    .map(({ milliseconds, response }) => {
      const { usage } = jsonOr(response, {}) as { usage?: { promptTokens?: number; completionTokens?: number } };
      return { milliseconds, promptTokens: usage?.promptTokens ?? 0, completionTokens: usage?.completionTokens ?? 0 };
    });
  return { turns, problem: turns.length === 0 ? "The run has stored no calls under its name." : null };
}

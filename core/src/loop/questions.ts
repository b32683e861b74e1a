/** Where a run's questions come from: a file of questions to be rolled out, or recorded trajectories that bring theirs along. */

import type { Preset, RecordedLog } from "../config/preset/schema.ts";
import { DETECT } from "../config/preset/schema.ts";
import type { ReadyRun } from "../config/ready.ts";
import { checkQueries, type QueriesSummary, readQueries } from "../data/queries.ts";
import { READING_RULES, type ReadingRules } from "../data/recorded/conversation.ts";
import { detectFormat } from "../data/recorded/detect.ts";
import { type RecordedSource, Recordings } from "../data/recorded/recordings.ts";
import { AutoTrajError, isAutoTrajError, messageOf } from "../kernel/errors.ts";
import { FORMAT, type Query, type Trajectory } from "../kernel/plugin.ts";
import { contentHash } from "../kernel/trajectory/identity.ts";
import { placeText } from "../messages/place.ts";
import type { Session } from "./session.ts";

export interface Questions {
  readonly count: number;
  /** SHA-256 (hex) of what the questions, and recorded candidates, are made from. */
  readonly sha256: string;
  /** The first `most` questions, in order, read anew at each call. */
  queries(most: number): AsyncGenerator<Query>;
  /** The recorded candidates of the question at this position. */
  readonly recorded?: (position: number) => readonly Trajectory[];
  close(): void;
}

/** Who is told what was noticed on the way. */
export interface Saying {
  incident(who: string, what: string): void;
  info(message: string): void;
}

/** Reads all of it once and keeps nothing in memory. @throws ATRAJ_QUERIES_INVALID, ATRAJ_ROWS_INVALID, ATRAJ_PRESET_INVALID */
export async function openQuestions(session: Session, runDir: string, say: Saying): Promise<Questions> {
  const { queries } = session.settings;
  const { train, recorded = [], skipBad = false } = queries;
  if (recorded.length > 0) {
    const reading = readingRules(session, queries);
    const sources: RecordedSource[] = [];
    for (const [index, log] of recorded.entries()) sources.push(await sourceOf(session, log, index, say));
    const recordings = await Recordings.read(runDir, sources, { skipBad, reading, formats: session.services.useAll(FORMAT) });
    const { rows, bad, duplicates } = recordings.counts;
    if (bad > 0) say.incident("queries.recorded", `${bad} of ${rows} rows cannot be read and are left out.`);
    if (duplicates > 0) say.incident("queries.recorded", `${duplicates} of ${rows} rows repeat another row of the same question and are left out.`);
    return {
      count: recordings.count,
      sha256: recordings.sha256,
      queries: (most) => first(recordings.queries(), most),
      recorded: (position) => recordings.candidates(position),
      close: () => recordings.close(),
    };
  }
  const { questions } = session.ready;
  if (questions !== undefined)
    return { count: questions.length, sha256: contentHash(questions), queries: (most) => first(inMemory(questions), most), close: () => {} };
  if (train === undefined) {
    throw new AutoTrajError("ATRAJ_PRESET_INVALID", {
      who: session.name,
      what: "it names no questions.",
      hint: "Set queries.train to a JSONL file of {question, answer} rows, or queries.recorded to logs; in the preset or with --set queries.train=FILE.",
    });
  }
  const { count, sha256 } = await checkQuestionFile(session.ready, "train");
  return { count, sha256, queries: (most) => first(readQueries(train), most), close: () => {} };
}

/** The file that the settings name, checked, with the line that names it in what is thrown. @throws as {@link checkQueries} */
export async function checkQuestionFile(
  { originOf, settings }: Pick<ReadyRun, "originOf" | "settings">,
  key: "train" | "evaluate",
): Promise<QueriesSummary> {
  try {
    return await checkQueries(settings.queries[key] ?? "");
  } catch (error) {
    const at = originOf(`queries.${key}`);
    if (!isAutoTrajError(error) || at === undefined) throw error;
    throw new AutoTrajError(error.code, { ...error.parts, where: placeText(at) });
  }
}

async function sourceOf(session: Session, { file, format: asked, groupBy }: RecordedLog, index: number, { info }: Saying): Promise<RecordedSource> {
  const id = asked === DETECT ? await detectFormat(file, session.services.useAll(FORMAT)) : asked;
  if (asked === DETECT) info(`${file} is read as ${id}.`);
  const format = session.services.use(FORMAT, id, `queries.recorded[${index}].format`);
  return { file, format, identity: formatIdentity(session, id, groupBy), ...(groupBy === undefined ? {} : { groupBy }) };
}

function readingRules({ name }: Session, { failedResults = [], finishTools }: Preset["queries"]): ReadingRules {
  return {
    failedResults: failedResults.map((source, index) => pattern(source, `queries.failedResults[${index}]`, name)),
    finishTools: finishTools === undefined ? READING_RULES.finishTools : new Set(finishTools.map((name) => name.toLowerCase())),
  };
}

function pattern(source: string, path: string, who: string): RegExp {
  try {
    return new RegExp(source);
  } catch (error) {
    throw new AutoTrajError("ATRAJ_PRESET_INVALID", {
      who,
      what: `${path} is no regular expression: ${messageOf(error)}.`,
      hint: "Correct it, or leave it out.",
      cause: error,
    });
  }
}

/** All that decides how the bytes of a log are read. */
function formatIdentity(session: Session, id: string, groupBy: string | undefined): string {
  const loaded = session.plugins.find((plugin) => plugin.id === id);
  const { failedResults, finishTools } = session.settings.queries;
  return contentHash(
    loaded?.packageName ?? id,
    loaded?.code ?? loaded?.version ?? "",
    session.settings.plugins[id]?.options ?? {},
    groupBy,
    failedResults,
    finishTools,
  );
}

async function* inMemory(questions: readonly Query[]): AsyncGenerator<Query> {
  yield* questions;
}

async function* first(queries: AsyncIterable<Query>, most: number): AsyncGenerator<Query> {
  let left = most;
  if (left <= 0) return;
  for await (const query of queries) {
    yield query;
    if (--left <= 0) return;
  }
}

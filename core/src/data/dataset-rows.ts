/** For plugins that read data sets (`@autotraj/core/rows`): rows of JSONL files one at a time, with all digits of their numbers. */
import { closeSync, openSync, readSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import type { JsonObject, Message, ScoredTrajectory, Scores, SftRow, Trajectory, Verdict } from "../kernel/plugin.ts";
import { parseJson } from "./exact-json.ts";
import { wellFormed } from "./well-formed.ts";

const CHUNK_BYTES = 1 << 20;

/** The rows of a data set in order; memory stays flat however long the file is. Lines end at \n alone: JSON texts may hold U+2028. @throws SyntaxError */
export function* rowsIn(file: string): Generator<JsonObject> {
  for (const { text } of linesIn(file)) yield parseJson(text) as JsonObject;
}

/** The non-blank lines of a text file, counted from 1. */
export function* linesIn(file: string): Generator<{ readonly text: string; readonly line: number }> {
  const handle = openSync(file, "r");
  try {
    const decoder = new StringDecoder("utf8");
    const bytes = Buffer.alloc(CHUNK_BYTES);
    let rest = "";
    let line = 0;
    for (let read = readSync(handle, bytes); read > 0; read = readSync(handle, bytes)) {
      const lines = (rest + decoder.write(bytes.subarray(0, read))).split("\n");
      rest = lines.pop() ?? "";
      for (const text of lines) {
        line++;
        if (text.trim() !== "") yield { text, line };
      }
    }
    if (rest.trim() !== "") yield { text: rest, line: line + 1 };
  } finally {
    closeSync(handle);
  }
}

/** Of a trajectory whose usage nobody measured. */
export const NO_USAGE: Trajectory["usage"] = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 };

/** The trajectory that a row of a data set holds, without the measurements that rows leave out. */
export function trajectoryOf({ answer, scores: _scores, verdict: _verdict, ...row }: SftRow): Trajectory {
  return { ...row, ...(answer === null ? {} : { answer }), usage: NO_USAGE };
}

interface DatasetRow {
  readonly id: string;
  readonly query: Trajectory["query"];
  readonly dialect: Trajectory["dialect"];
  readonly tools: Trajectory["tools"];
  readonly messages: readonly Message[];
  readonly answer: string | null;
  readonly finish: Trajectory["finish"];
  readonly faults: readonly string[];
  readonly scores: Scores;
  readonly verdict: Verdict | null;
  readonly provenance: Trajectory["provenance"];
}

/** A trajectory as data sets have it: without times, token ids and usage, which differ between two runs that did the same. */
export function trajectoryRow({ trajectory, scores, verdict }: ScoredTrajectory): DatasetRow {
  const { id, query, dialect, tools, messages, answer, finish, faults, provenance } = trajectory;
  return wellFormed({
    id,
    query,
    dialect,
    tools,
    messages: messages.map(withoutMeasurements),
    answer: answer ?? null,
    finish,
    faults,
    scores,
    verdict: verdict ?? null,
    provenance,
  });
}

/** Every message says whether it is trained on, so that no consumer has to know our default. */
function withoutMeasurements(message: Message): Message {
  if (message.role === "assistant") {
    const { tokens: _tokens, ...rest } = message;
    return { ...rest, train: message.train ?? true };
  }
  if (message.role === "tool") {
    const { durationMs: _durationMs, ...rest } = message;
    return rest;
  }
  return message;
}

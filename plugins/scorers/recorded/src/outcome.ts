/** A log's own word on how a run ended, as a value from 0 to 1. */
import type { JsonObject, JsonValue, Score, Trajectory } from "@autotraj/core/plugin";

export interface RecordedOptions {
  /** Outcome fields, the first that a log has counts. */
  readonly fields: readonly string[];
  /** The numbers that stand for 0 and for 1. */
  readonly range: readonly number[];
}

const GOOD = /^(?:success(?:ful)?|succeeded|pass(?:ed)?|correct|resolved|solved|true|yes|ok|completed?|done)$/i;
const BAD = /^(?:fail(?:ed|ure)?|error|incorrect|wrong|unresolved|unsolved|false|no|timeout|timed out|aborted|incomplete)$/i;

/** Skipped where the log says nothing, or nothing that can be read as a value. Repairs have no record of their own. */
export function recordedScore({ provenance }: Trajectory, { fields, range }: RecordedOptions): Score {
  const outcome = provenance.notes?.["outcome"];
  if (!isObject(outcome)) return { skipped: "the log says nothing of its outcome" };
  const field = fields.find((name) => outcome[name] !== undefined);
  if (field === undefined) return { skipped: `the log's outcome has none of ${fields.join(", ")} (it has ${Object.keys(outcome).join(", ")})` };
  const written = outcome[field] as JsonValue;
  const value = shareOf(written, range);
  if (value === undefined) return { skipped: `${field} is ${JSON.stringify(written)}, which is no value from ${range[0]} to ${range[1]}` };
  return { value, reason: `the log says ${field}: ${String(written)}` };
}

function shareOf(written: JsonValue, [worst = 0, best = 1]: readonly number[]): number | undefined {
  if (typeof written === "boolean") return written ? 1 : 0;
  if (typeof written === "string") {
    if (GOOD.test(written.trim())) return 1;
    if (BAD.test(written.trim())) return 0;
  }
  const number = typeof written === "number" ? written : typeof written === "string" && written.trim() !== "" ? Number(written) : Number.NaN;
  const value = (number - worst) / (best - worst);
  return value >= 0 && value <= 1 ? value : undefined;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== undefined && value !== null && typeof value === "object" && !Array.isArray(value);
}

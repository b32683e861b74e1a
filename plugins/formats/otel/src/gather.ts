/** Spans and log records by trace: exporters write them in batches, as they end, and a trace's may stand on many lines. */
import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { isObject } from "@autotraj/core/rows";
import { spanIdOf, traceIdOf } from "./otlp.ts";

/** Members of the rows that {@link gatherTraces} makes. */
const SPANS = "otel_spans";
const LOGS = "otel_logs";

export interface Trace {
  readonly traceId: string;
  readonly spans: readonly JsonObject[];
  readonly logs: readonly JsonObject[];
}

/** Rows that hold no spans stay as they are; a trace stands where its first span did. */
export function gatherTraces(rows: readonly JsonValue[]): readonly JsonValue[] {
  const traces = new Traces();
  const result: JsonValue[] = [];
  for (const row of rows) {
    const parts = partsOf(row);
    if (parts === undefined) result.push(row);
    else result.push(...traces.add(parts));
  }
  return result;
}

/** The traces of a row; undefined where it is no telemetry. */
export function tracesOf(row: JsonValue): readonly Trace[] | undefined {
  const parts = partsOf(row);
  if (parts === undefined) return undefined;
  return new Traces().add(parts).map((trace) => ({
    traceId: trace["traceId"] as string,
    spans: trace[SPANS] as JsonObject[],
    logs: trace[LOGS] as JsonObject[],
  }));
}

interface Parts {
  readonly spans: readonly JsonObject[];
  readonly logs: readonly JsonObject[];
}

class Traces {
  readonly #rows = new Map<string, JsonObject>();
  readonly #seen = new Set<string>();

  /** The rows of traces that were not there before. */
  add({ spans, logs }: Parts): readonly JsonObject[] {
    const fresh: JsonObject[] = [];
    const rowOf = (traceId: string): JsonObject => {
      const known = this.#rows.get(traceId);
      if (known !== undefined) return known;
      const row: JsonObject = { traceId, [SPANS]: [], [LOGS]: [] };
      this.#rows.set(traceId, row);
      fresh.push(row);
      return row;
    };
    for (const span of spans) {
      const traceId = traceIdOf(span);
      const id = `${traceId} ${spanIdOf(span)}`;
      // Exporters that try again write a span twice.
      if (spanIdOf(span) !== "" && this.#seen.has(id)) continue;
      this.#seen.add(id);
      (rowOf(traceId)[SPANS] as JsonObject[]).push(span);
    }
    for (const log of logs) (rowOf(traceIdOf(log))[LOGS] as JsonObject[]).push(log);
    return fresh;
  }
}

/** A document of OTLP (a batch of spans or of logs), a row of this file's, or a bare span. */
function partsOf(row: JsonValue): Parts | undefined {
  if (!isObject(row)) return undefined;
  if (Array.isArray(row[SPANS])) return { spans: objects(row[SPANS]), logs: objects(row[LOGS]) };
  const resourceSpans = row["resourceSpans"] ?? row["resource_spans"];
  const resourceLogs = row["resourceLogs"] ?? row["resource_logs"];
  if (Array.isArray(resourceSpans) || Array.isArray(resourceLogs)) {
    return {
      spans: inScopes(resourceSpans, ["scopeSpans", "scope_spans", "instrumentationLibrarySpans"], ["spans"]),
      logs: inScopes(resourceLogs, ["scopeLogs", "scope_logs"], ["logRecords", "log_records"]),
    };
  }
  return isBareSpan(row) ? { spans: [row], logs: [] } : undefined;
}

function isBareSpan(row: JsonObject): boolean {
  return traceIdOf(row) !== "" && spanIdOf(row) !== "" && typeof row["name"] === "string" && row["attributes"] !== undefined;
}

function inScopes(resources: JsonValue | undefined, scopes: readonly string[], members: readonly string[]): readonly JsonObject[] {
  return objects(resources).flatMap((resource) =>
    scopes.flatMap((name) => objects(resource[name])).flatMap((scope) => members.flatMap((name) => objects(scope[name]))),
  );
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

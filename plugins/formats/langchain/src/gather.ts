/** LangSmith's runs by trace. An export has a run a line, in any order, or a tree with `child_runs`; the runs of one trace become one row. */
import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { isObject, parseJson, scalarText } from "@autotraj/core/rows";

/** A row that {@link gatherTraces} made. */
const GATHERED = "langsmith_runs";

export function isRun(value: JsonValue): value is JsonObject {
  if (!isObject(value)) return false;
  return typeof value["run_type"] === "string" && (value["inputs"] !== undefined || value["outputs"] !== undefined || idOf(value) !== "");
}

/** The runs of a row, children with their parents; undefined where it holds none. */
export function runsOf(row: JsonValue): readonly JsonObject[] | undefined {
  if (isRun(row)) return flat(row);
  const runs = isObject(row) ? (row[GATHERED] ?? row["runs"]) : row;
  if (!Array.isArray(runs) || runs.length === 0 || !runs.every(isRun)) return undefined;
  return (runs as readonly JsonObject[]).flatMap(flat);
}

/** Rows that are no runs stay as they are; a trace stands where its first run did. */
export function gatherTraces(rows: readonly JsonValue[]): readonly JsonValue[] {
  const runsOfRows = rows.map(runsOf);
  const roots = rootsOf(runsOfRows.flatMap((runs) => runs ?? []));
  const traces = new Map<string, { readonly runs: JsonValue[]; readonly ids: Set<string> }>();
  const result: JsonValue[] = [];
  for (const [index, row] of rows.entries()) {
    const runs = runsOfRows[index];
    if (runs === undefined) result.push(row);
    for (const run of runs ?? []) {
      const root = roots.get(run) as string;
      const trace = traces.get(root) ?? { runs: [], ids: new Set<string>() };
      if (!traces.has(root)) result.push({ [GATHERED]: trace.runs });
      traces.set(root, trace);
      // The same run may be exported twice, alone and as a child.
      if (trace.ids.has(idOf(run))) continue;
      if (idOf(run) !== "") trace.ids.add(idOf(run));
      trace.runs.push(run);
    }
  }
  return result;
}

/** The trace of each run: as it says, else by its dotted order, else by its parents. */
export function rootsOf(runs: readonly JsonObject[]): ReadonlyMap<JsonObject, string> {
  const byId = new Map(runs.map((run) => [idOf(run), run]));
  return new Map(runs.map((run, index) => [run, traceOf(run, byId, `#${index}`)]));
}

function traceOf(run: JsonObject, byId: ReadonlyMap<string, JsonObject>, nameless: string): string {
  let at = run;
  // As many steps as there are runs: parents may name each other.
  for (let steps = 0; steps <= byId.size; steps++) {
    const trace = scalarText(at["trace_id"]) ?? firstOfDottedOrder(scalarText(at["dotted_order"]) ?? "");
    if (trace !== "") return trace;
    const parent = scalarText(at["parent_run_id"]) ?? "";
    const next = byId.get(parent);
    if (next === undefined) return parent === "" ? idOf(at) || nameless : parent;
    at = next;
  }
  return idOf(at);
}

/** `<time>Z<uuid>.<time>Z<uuid>…` begins with the root. */
function firstOfDottedOrder(dottedOrder: string): string {
  const [root = ""] = dottedOrder.split(".", 1);
  return root.slice(root.indexOf("Z") + 1);
}

export function idOf(run: JsonObject): string {
  return scalarText(run["id"] ?? run["run_id"]) ?? "";
}

/** LangSmith's bulk export has objects as JSON text. */
export function opened(record: JsonObject): JsonObject {
  const texts = Object.entries(record).filter(([name, value]) => JSON_FIELDS.includes(name) && typeof value === "string" && /^\s*[[{]/.test(value));
  return texts.length === 0 ? record : { ...record, ...Object.fromEntries(texts.map(([name, value]) => [name, parsed(value as string)])) };
}

const JSON_FIELDS: readonly string[] = ["messages", "inputs", "outputs", "extra"];

function parsed(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/** A run and all below it, parents first. */
function flat(root: JsonObject): readonly JsonObject[] {
  const all = [root];
  for (let at = 0; at < all.length; at++) {
    const { child_runs: children, ...own } = opened(all[at] as JsonObject);
    all[at] = own;
    if (!Array.isArray(children)) continue;
    const parent = idOf(own);
    all.push(...children.filter(isRun).map((child) => (parent === "" ? child : { parent_run_id: parent, ...child })));
  }
  return all;
}

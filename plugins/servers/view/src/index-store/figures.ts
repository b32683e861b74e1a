/** Tables and distributions over the index: what an overview shows besides counts. */
import type { DatabaseSync } from "node:sqlite";
import type { DimensionFigures, Facet, Fate, IndexedFigures, Side } from "../api.ts";
import { dimensionsOf } from "./schema.ts";

const BINS = 20;
/** Rows of a table of names: more would not be read. */
const MOST = 200;

const SIDES: Readonly<Record<Side, string>> = {
  candidates: "origin <> 'repair'",
  before: "fate = 'repaired'",
  after: "fate = 'accepted'",
};

export function gatherFigures(index: DatabaseSync): IndexedFigures {
  const all = <T>(sql: string) =>
    index
      .prepare(`${sql} LIMIT ${MOST}`)
      .all()
      .map((row) => ({ ...row })) as T[];
  const repairers = all<{ repairer: string; accepted: number; refused: number }>(
    `SELECT repairer, sum(fate = 'accepted') accepted, sum(fate = 'refused') refused FROM trajectories
     WHERE repairer IS NOT NULL AND fate IN ('accepted', 'refused') GROUP BY repairer ORDER BY 2 DESC, 1`,
  );
  const causes = all<{ fate: Fate; cause: string; count: number }>(
    "SELECT fate, cause, count(*) count FROM trajectories WHERE cause IS NOT NULL GROUP BY fate, cause ORDER BY 3 DESC, 1, 2",
  );
  const tasks = all<Facet>("SELECT task name, count(*) count FROM trajectories WHERE task IS NOT NULL GROUP BY task ORDER BY 2 DESC, 1");
  const tools = all<Facet>("SELECT tool name, count(*) count FROM tool_uses GROUP BY tool ORDER BY 2 DESC, 1");
  const policies = all<IndexedFigures["policies"][number]>(
    `SELECT coalesce(policy, 'unknown') policy, sum(model_calls) calls, sum(prompt_tokens) promptTokens, sum(tokens) completionTokens
     FROM trajectories GROUP BY policy HAVING sum(model_calls) > 0 ORDER BY 1`,
  );
  return { dimensions: [...dimensionsOf(index)].map(([name, number]) => dimension(index, name, number)), repairers, causes, tasks, tools, policies };
}

function dimension(index: DatabaseSync, name: string, number: number): DimensionFigures {
  const column = `s${number}`;
  const means = Object.entries(SIDES).map(([side, which]) => `avg(${column}) FILTER (WHERE ${which}) ${side}`);
  const { least, most, ...mean } = index
    .prepare(`SELECT min(${column}) least, max(${column}) most, ${means.join(", ")} FROM trajectories`)
    .get() as Record<Side, number | null> & { least: number | null; most: number | null };
  const [from, to] = [Math.min(0, least ?? 0), Math.max(1, most ?? 1)];
  const bins: Record<Side, number[]> = { candidates: empty(), before: empty(), after: empty() };
  const counts = Object.entries(SIDES).map(([side, which]) => `sum(${which}) ${side}`);
  const rows = index
    .prepare(
      `SELECT min(${BINS - 1}, cast((${column} - ?1) * ${BINS} / (?2 - ?1) AS INTEGER)) bin, ${counts.join(", ")}
       FROM trajectories WHERE ${column} IS NOT NULL GROUP BY bin`,
    )
    .all(from, to) as unknown as (Record<Side, number> & { bin: number })[];
  for (const { bin, ...side } of rows) for (const name of Object.keys(SIDES) as Side[]) bins[name][bin] = side[name];
  const failures = index.prepare("SELECT count(*) failed, min(reason) failure FROM failures WHERE dimension = ?").get(name);
  return { name, from, to, bins, mean: { ...mean }, ...(failures as { failed: number; failure: string | null }) };
}

function empty(): number[] {
  return Array.from({ length: BINS }, () => 0);
}

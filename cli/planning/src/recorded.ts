/** What an earlier run of a preset spent, by question: what an estimate is made from. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { RunStore } from "@autotraj/core";

/** What calls are made for. `other`: what repairers and scorers ask besides, and what stages sample. */
export type Part = "candidates" | "repairs" | "repeats" | "judges" | "other";

export interface Spent {
  readonly part: Part;
  /** Preset id of the policy. */
  readonly policy: string;
  readonly calls: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
}

export interface RecordedFigures {
  readonly runDir: string;
  readonly preset: string;
  /** Questions that are done and were asked in this run: what a cache of several runs answered is in the store of the one that asked. */
  readonly questions: number;
  readonly candidates: number;
  readonly spent: readonly Spent[];
  /** Written tokens of each question's candidates and repairs: how much questions differ. */
  readonly perQuestion: readonly number[];
  /** Seconds of the loop, and of each stage that was done. */
  readonly seconds: Readonly<Record<string, number>>;
  /** Models by policy id. */
  readonly models: Readonly<Record<string, string>>;
}

/** The ends of a place are ours: `<query id>/<policy>/<what for>/<turn>`; a judge's is its own key. */
const PART = `CASE
  WHEN place GLOB 'judge *' THEN 'judges'
  WHEN place GLOB '*/candidate [0-9]*/[0-9]*' THEN 'candidates'
  WHEN place GLOB '*/* again [0-9]*/[0-9]*' THEN 'repeats'
  WHEN place GLOB '*/repair */[0-9]*' THEN 'repairs'
  ELSE 'other' END`;
const tokens = (name: string) => `total(json_extract(response, '$.usage.${name}'))`;

/** @returns undefined where there is no run, or none of its questions is done */
export function recordedFigures(runDir: string): RecordedFigures | undefined {
  if (!existsSync(join(runDir, "run.db"))) return undefined;
  const store = RunStore.read(runDir);
  try {
    const { questions } = store.one("SELECT count(*) questions FROM queries WHERE status = 'done'") as { questions: number };
    if (questions === 0) return undefined;
    const { candidates } = store.one("SELECT count(*) candidates FROM trajectories WHERE origin != 'repair'") as { candidates: number };
    const spent = store.all(
      `SELECT ${PART} part, by policy, count(*) calls, ${tokens("promptTokens")} promptTokens, ${tokens("cachedTokens")} cachedTokens,
         ${tokens("completionTokens")} completionTokens FROM calls WHERE kind = 'model' GROUP BY part, policy ORDER BY part, policy`,
    ) as unknown as Spent[];
    const perQuestion = store.all(
      `SELECT ${tokens("completionTokens")} written FROM calls JOIN queries ON substr(place, 1, length(id) + 1) = id || '/'
       WHERE kind = 'model' AND ${PART} != 'other' GROUP BY id`,
    ) as { written: number }[];
    const asked = perQuestion.length === 0 ? questions : perQuestion.length;
    const seconds = store.all("SELECT part, value FROM seconds") as { part: string; value: number }[];
    const policies = store.metaJson<Record<string, { readonly model: string }>>("policies", (value) => typeof value === "object") ?? {};
    return {
      runDir,
      preset: store.identity()?.preset ?? "",
      questions: asked,
      candidates: (candidates * asked) / questions,
      spent,
      perQuestion: perQuestion.map(({ written }) => written),
      seconds: Object.fromEntries(seconds.map(({ part, value }) => [part, value])),
      models: Object.fromEntries(Object.entries(policies).map(([id, { model }]) => [id, model])),
    };
  } finally {
    store.close();
  }
}

/** A finished run of the quickstart preset, for tests that look at what it left. None makes one: it takes ten minutes to an hour. */
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { readSummary } from "@autotraj/core";
import { ROOT } from "../docs/pages.ts";

const HOW = "`npm run quickstart` makes it; AUTOTRAJ_QUICKSTART_RUN names the folder of one that lies elsewhere";
/** What trained models consist of: most of a run's bytes, and nothing that anybody looks at. */
const WEIGHTS = /\.(?:safetensors|gguf|bin|pt)$/;
const STAGES = ["sft", "reward-model", "rl"];

/** @returns its folder, or why there is none and what to do */
export function quickstartRun(): { readonly folder: string } | { readonly missing: string } {
  const folder = process.env["AUTOTRAJ_QUICKSTART_RUN"] || join(ROOT, "runs/quickstart");
  if (!existsSync(join(folder, "run.db"))) return { missing: `There is no run in ${folder}: ${HOW}.` };
  const { finished, preset, stages, evaluation } = readSummary(folder);
  const isWhole = finished && evaluation !== null && STAGES.every((stage) => stage in stages);
  return isWhole ? { folder } : { missing: `The run in ${folder}, of preset ${preset}, is not a quickstart with all its stages: ${HOW}.` };
}

/** Without its weights, so that what people do to rows in a test goes to a run of the test's. */
export function copyOfRun(folder: string, to: string): void {
  cpSync(folder, to, { recursive: true, filter: (file) => !WEIGHTS.test(file) });
}

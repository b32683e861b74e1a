/** Runs to report of, each in a folder of its own: a real one with stages, a generated one, one whose texts try to be more than text. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeDemo } from "../../../test/integration/demo.ts";
import { fixture } from "../../../test/integration/sums.ts";

export function newFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "autotraj-report-")));
}

/** Writes `demo.json` with three stages: a trainer that counts, and evaluation on twelve questions. @param policy options of the scripted policy */
export function writeStages(folder: string, policy: object = {}): void {
  mkdirSync(folder, { recursive: true });
  writeDemo(folder, policy);
  const preset = JSON.parse(readFileSync(join(folder, "demo.json"), "utf8"));
  const held = Array.from({ length: 12 }, (_, n) => `${JSON.stringify({ id: `h-${n}`, question: `What is ${n + 50} + 4?`, answer: n + 54 })}\n`);
  writeFileSync(join(folder, "held-out.jsonl"), held.join(""));
  preset.queries.evaluate = "held-out.jsonl";
  preset.plugins.trainer = { use: fixture("pretend-trainer") };
  preset.stages = { sft: { model: "base", steps: 40 }, "reward-model": { model: "base" }, evaluate: { samples: 2 } };
  writeFileSync(join(folder, "demo.json"), JSON.stringify(preset));
}

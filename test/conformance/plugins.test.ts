/** Our own plugins keep what the test kit asks of everybody's: those that need no model, no network and no installation. */
import { type ConformanceCases, conformance } from "@autotraj/testkit";

const CORRECT = { options: { minimums: { correctness: 1 } } };

const CASES: Readonly<Record<string, ConformanceCases>> = {
  "gates/paper": {},
  "gates/threshold": CORRECT,
  "formats/anthropic": {},
  "formats/atif": {},
  "formats/autotraj": {},
  "formats/chat": {},
  "formats/langchain": {},
  "formats/otel": {},
  "formats/react": {},
  "formats/responses": {},
  "formats/sharegpt": {},
  "formats/steps": {},
  "preparers/balance": { options: { total: 2 } },
  "preparers/decontaminate": {},
  "preparers/prompt": {},
  "repairers/hint": { options: { policy: "teacher" } },
  "repairers/llm": { options: { policy: "teacher" } },
  "repairers/reference": {},
  "repairers/resume": { options: { policy: "teacher" } },
  "rewards/format": {},
  "rewards/outcome": {},
  "scorers/agreement": {},
  "scorers/format": {},
  "scorers/grounded": {},
  "scorers/quality": {},
  "scorers/recorded": {},
  "scorers/tool-use": {},
  "servers/http": {},
  "servers/sandbox": {},
  "stages/reward-model": { settings: { "reward-model": { model: "some/model" } } },
  "stages/sft": { settings: { sft: { model: "some/model" } } },
  "tools/calculator": { calls: [{ arguments: { expression: "48 / 2" } }, { arguments: { expression: "1 / 0" } }] },
  "trackers/tensorboard": {},
  // Their software is not installed for this: they say so, and what can be looked at without it is.
  "trainers/llamafactory": { settings: { rl: { method: "dpo" } } },
  "trainers/trl": {},
  "trainers/verl": {},
};

for (const [path, cases] of Object.entries(CASES)) {
  const { default: plugin } = await import(`../../plugins/${path}/src/index.ts`);
  conformance(plugin, cases).register();
}

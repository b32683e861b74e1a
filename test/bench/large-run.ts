/**
 * The end of a large run: writing data sets and tables, reading the tables, and going on with a run that is finished. The store is filled by its own API, as
 * a run of fixture plugins would have; nothing is rolled out.
 *
 *   node test/bench/large-run.ts [trajectories, 100000]
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AssistantMessage,
  datasetFiles,
  finish,
  type Query,
  RunStore,
  readSummary,
  resolvePreset,
  run,
  type Scores,
  StopSwitch,
  type StoredTrajectory,
  type Trajectory,
  trajectoryId,
} from "@autotraj/core";
import { writeDemo } from "../integration/demo.ts";

const [trajectories = 100_000] = process.argv.slice(2).map(Number);
/** Of each question: two candidates, and on every question a repair of the second. */
const questions = Math.floor(trajectories / 3);
const DIMENSIONS = ["format", "quality", "grounded", "execution", "necessity", "length"];
const MiB = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), "bench-large-run-"));
const runDir = join(folder, "out");

try {
  writePreset();
  const asked = Array.from({ length: questions }, (_, index) => question(index));
  writeFileSync(join(folder, "questions.jsonl"), asked.map(({ answers, ...row }) => `${JSON.stringify({ ...row, answer: answers[0] })}\n`).join(""));
  await measure("reading the questions, claiming the folder", () => begin());
  await measure(`filling the store with ${3 * questions} trajectories`, () => fill(asked));
  console.log(`  run.db ${Math.round(statSync(join(runDir, "run.db")).size / MiB)} MiB`);
  const store = RunStore.open(runDir, identity());
  await measure("data sets, card and summary", () => finish(store, runDir));
  await measure("the same again, nothing having changed", () => finish(store, runDir));
  store.close();
  console.log(`  sft.jsonl ${Math.round(statSync(datasetFiles(runDir).sft).size / MiB)} MiB`);
  await measure("stats", () => readSummary(runDir));
  await measure("resume of the finished run", goOn);
  await measure("and again", goOn);
} finally {
  rmSync(folder, { recursive: true });
}

/** The demo's, with as many dimensions as a preset of ours has. */
function writePreset(): void {
  writeDemo(folder);
  const preset = JSON.parse(readFileSync(join(folder, "demo.json"), "utf8"));
  preset.plugins.more = { use: "./more-dimensions.mjs" };
  writeFileSync(join(folder, "demo.json"), JSON.stringify(preset));
  const dimensions = Object.fromEntries(DIMENSIONS.map((name) => [name, { description: name }]));
  writeFileSync(
    join(folder, "more-dimensions.mjs"),
    `export default {
      meta: { name: "more-dimensions", apiVersion: 1, kind: "scorer", description: "Never asked", options: { type: "object", additionalProperties: false, properties: {} } },
      setup: (api) => void api.hooks.score.tapPromise({ dimensions: ${JSON.stringify(dimensions)} }, async () => []),
    };\n`,
  );
}

async function measure(what: string, work: () => unknown): Promise<void> {
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const shown = [(performance.now() - begun) / 1000, (user + system) / 1e6].map((seconds) => seconds.toFixed(1).padStart(6));
  console.log(`${shown.join(" s, CPU ")} s  ${what}`);
}

async function goOn(stop = new StopSwitch()): Promise<void> {
  const request = { ref: "./demo.json", cwd: folder, set: [] };
  await run({ preset: await resolvePreset(request.ref, request), asked: request, runDir, stop, cacheDir: join(folder, "cache") });
}

/** A run that is stopped before its first call has its folder. */
async function begin(): Promise<void> {
  const stop = new StopSwitch();
  stop.softly();
  await goOn(stop).catch((error: { code?: string }) => {
    if (error.code !== "ATRAJ_INTERRUPTED") throw error;
  });
}

function identity() {
  const store = RunStore.read(runDir);
  const found = store.identity();
  store.close();
  if (found === undefined) throw new Error("the folder holds no run");
  return found;
}

function fill(asked: readonly Query[]): void {
  const store = RunStore.open(runDir, identity());
  for (let from = 0; from < asked.length; from += 500) {
    store.transaction(() => {
      for (const [index, query] of asked.slice(from, from + 500).entries()) fillOne(store, query, from + index);
    });
  }
  store.setMeta("finished", "yes");
  store.close();
}

function fillOne(store: RunStore, query: Query, position: number): void {
  const [right, wrong] = [candidate(query, 0, true), candidate(query, 1, false)];
  const mended = position % 2 === 0;
  const provenance = { origin: "repair", parent: wrong.id, repairer: "fix", attempt: 0, policy: "student" } as const;
  const repair = candidate(query, 2, mended, provenance);
  const refused = { decision: "repair", cause: "wrong", reason: "the answer is wrong", by: "gate" } as const;
  const kept = { decision: "keep", reason: "the answer is right", by: "gate" } as const;
  const rows: Omit<StoredTrajectory, "position">[] = [
    { ordinal: 0, fate: "kept", trajectory: right, scores: scores(1), verdict: kept },
    { ordinal: 1, fate: mended ? "repaired" : "hard", trajectory: wrong, scores: scores(0), verdict: refused },
    { ordinal: 1002, fate: mended ? "accepted" : "refused", trajectory: repair, scores: scores(mended ? 1 : 0), verdict: mended ? kept : refused },
  ];
  for (const row of rows) {
    store.saveTrajectory({ position, ...row });
    for (let turn = 0; turn < 2; turn++) {
      store.calls.put({
        key: `${row.trajectory.id} ${turn}`,
        kind: "model",
        by: "student",
        place: `${query.id}/candidate ${row.ordinal}/${turn}`,
        request: JSON.stringify({ messages: row.trajectory.messages.slice(0, 2) }),
        response: JSON.stringify({ text: "x".repeat(500), finish: "stop", usage: { promptTokens: 900, cachedTokens: 0, completionTokens: 120 } }),
        milliseconds: 20,
      });
    }
  }
  store.finishQuery(position, query.id, "done");
}

function question(index: number): Query {
  return {
    id: `q-${index}`,
    question: `What is ${index} + ${(index * 7) % 13}?`,
    answers: [String(index + ((index * 7) % 13))],
    task: `t-${index % 5}`,
  };
}

/** About 5 KB, as a trajectory with a system prompt, two calls of a tool and their results has. */
function candidate(
  query: Query,
  seed: number,
  right: boolean,
  provenance: Trajectory["provenance"] = { origin: "rollout", candidate: seed },
): Trajectory {
  const answer = right ? (query.answers[0] ?? "") : "0";
  const says = (text: string): AssistantMessage => ({ role: "assistant", content: "", reasoning: `${seed} ${"step by step ".repeat(40)}`, text });
  const turn = (step: number) => says(`<think>${seed} ${step} ${"step by step ".repeat(40)}</think>\n<add>${step} 2</add>`);
  const result = { role: "tool", name: "plus", toolCallId: "c", content: "2 ".repeat(300), ok: true, durationMs: 3 } as const;
  const content: Omit<Trajectory, "id" | "usage"> = {
    query,
    dialect: "tags",
    tools: [],
    messages: [
      { role: "system", content: "Add the two numbers. ".repeat(40) },
      { role: "user", content: query.question },
      turn(1),
      result,
      says(`<think>So ${"it is clear ".repeat(30)}</think>\n<answer>${answer}</answer>`),
    ],
    answer,
    finish: "answer",
    faults: [],
    provenance,
  };
  const usage = { promptTokens: 900, cachedTokens: 0, completionTokens: 240, modelCalls: 2, toolCalls: 1 };
  return { id: trajectoryId(content), ...content, usage };
}

function scores(correctness: number): Scores {
  const others = ["brevity", ...DIMENSIONS].map((name, index) => [
    name,
    index === 6
      ? { skipped: "there is no right answer of this question to compare with" }
      : { value: (index + correctness) / 8, reason: "as measured" },
  ]);
  return { correctness: { value: correctness, reason: "compared with the gold answer" }, ...Object.fromEntries(others) };
}

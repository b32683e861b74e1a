/**
 * Trajectories per second at an endpoint with a steady latency: a whole run (kernel, tool, scorers, gate, store) beside a bare loop over the `openai` client
 * that asks the same three turns. Round after round in turn, so that both meet the same load of the machine; the ratio within one run is what counts.
 *
 *   node test/bench/run-rate.ts [rounds, 3] [in flight, 64] [latency in ms, 200] [waves of trajectories in a round, 20]
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { resolvePreset, run } from "@autotraj/core";
import { type ContinuationPart, type JsonObject, POLICY } from "@autotraj/core/plugin";
import plugin from "@autotraj/policy-openai";
import { setupPlugin } from "@autotraj/testkit";
import OpenAI from "openai";

const CANDIDATES = 4;
const SYSTEM = "You are a helpful assistant that thinks step by step and may use <calculator> tags. ".repeat(30);
const STOPS = ["</calculator>", "</answer>"];
const [rounds = 3, inFlight = 64, latencyMs = 200, waves = 20] = process.argv.slice(2).map(Number);
const trajectories = inFlight * waves;

const folder = mkdtempSync(join(tmpdir(), "autotraj-run-rate-"));
const { baseURL, close } = await startFake();
const setups: Readonly<Record<string, (name: string, count: number) => Promise<number>>> = {
  "bare openai": bareOpenai,
  "policy-openai": policyAlone,
  "whole run": wholeRun,
};
const found = new Map(Object.keys(setups).map((name) => [name, { rates: [] as number[], cpuMs: [] as number[] }]));
try {
  for (const seconds of Object.values(setups)) await seconds("warm-up", inFlight);
  for (let round = 0; round < rounds; round++) {
    for (const [name, seconds] of Object.entries(setups)) {
      const before = process.cpuUsage();
      found.get(name)?.rates.push(trajectories / (await seconds(`round-${round}`, trajectories)));
      const { user, system } = process.cpuUsage(before);
      found.get(name)?.cpuMs.push((user + system) / 1000 / trajectories);
    }
  }
} finally {
  close();
  rmSync(folder, { recursive: true, force: true });
}
const bound = inFlight / (0.003 * latencyMs);
console.log(
  `${trajectories} trajectories of three turns a round, ${inFlight} in flight, ${latencyMs} ms a turn: at most ${bound.toFixed(1)} a second`,
);
const bare = found.get("bare openai")?.rates ?? [];
for (const [name, { rates, cpuMs }] of found) {
  const all = rates.map((rate) => rate.toFixed(1)).join(", ");
  const share = 100 * median(rates.map((rate, round) => rate / (bare[round] ?? 0)));
  console.log(
    `${name.padEnd(13)} ${median(rates).toFixed(1).padStart(6)} trajectories/s (${all}), ${share.toFixed(1)} % of bare openai's in the same round; ${median(cpuMs).toFixed(2)} CPU ms each`,
  );
}

/** Seconds for so many trajectories, written by as many workers as are in flight. */
async function inParallel(count: number, write: (n: number) => Promise<void>): Promise<number> {
  let next = 0;
  const worker = async () => {
    while (next < count) await write(next++);
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (performance.now() - begun) / 1000;
}

function bareOpenai(_name: string, count: number): Promise<number> {
  const client = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });
  return inParallel(count, async (n) => {
    let prompt = `<|im_start|>system\n${SYSTEM}<|im_end|>\n<|im_start|>user\nWhat is ${n} plus 1?<|im_end|>\n<|im_start|>assistant\n`;
    for (let turn = 0; turn < 3; turn++) {
      const answer = await client.completions.create({ model: "fake", prompt, max_tokens: 64, stop: STOPS });
      prompt += `${answer.choices[0]?.text}\n<result>\n42\n</result>\n`;
    }
  });
}

async function policyAlone(_name: string, count: number): Promise<number> {
  const setup = await setupPlugin(plugin, { options: student() });
  const policy = setup.provided(POLICY);
  const { signal } = new AbortController();
  const sampling = { temperature: 0.8, topP: 1, topK: 0, maxTokens: 64 };
  const seconds = await inParallel(count, async (n) => {
    const messages = [{ role: "system", content: SYSTEM } as const, { role: "user", content: `What is ${n} plus 1?` } as const];
    const continuation: ContinuationPart[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const request = { messages, continuation, dialect: "tags", tools: [], stop: STOPS, sampling, seed: n, session: String(n) } as const;
      continuation.push({ by: "model", text: (await policy.generate(request, { signal })).text });
      continuation.push({ by: "tool", text: "\n<result>\n42\n</result>\n" });
    }
  });
  await setup.dispose();
  return seconds;
}

function student(): JsonObject {
  return { model: "fake", baseURL, concurrency: { start: inFlight, max: inFlight } };
}

/** Seconds from the first question asked to the last trajectory scored and stored. */
async function wholeRun(name: string, count: number): Promise<number> {
  const dir = join(folder, name);
  const questions = Array.from({ length: Math.ceil(count / CANDIDATES) }, (_, at) => ({
    id: `q-${at}`,
    question: `What is ${at} plus 1?`,
    answer: 42,
  }));
  writeFileSync(join(folder, "questions.jsonl"), questions.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const preset = {
    queries: { train: "questions.jsonl" },
    rollout: { policy: "student", candidates: CANDIDATES, inFlight, maxToolCalls: 4 },
    plugins: {
      student: { use: "@autotraj/policy-openai", options: student() },
      prompt: { use: "@autotraj/preparer-prompt", options: { system: SYSTEM } },
      calculator: { use: "@autotraj/tool-calculator" },
      answer: { use: "@autotraj/scorer-answer" },
      format: { use: "@autotraj/scorer-format" },
      gate: { use: "@autotraj/gate-threshold", options: { minimums: { correctness: 1 } } },
    },
  };
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(preset));
  const asked = { ref: file, cwd: folder, set: [] };
  let [begun, ended, seen] = [0, 0, 0];
  const observer = {
    started: () => {
      begun = performance.now();
    },
    trajectory: () => {
      ended = performance.now();
      seen++;
    },
  };
  const { summary } = await run({ preset: await resolvePreset(file, { cwd: folder }), asked, runDir: dir, observer });
  if (summary.funnel.kept !== seen || seen < count) throw new Error(`${seen} trajectories and ${summary.funnel.kept} kept of ${count}`);
  return (ended - begun) / 1000;
}

async function startFake(): Promise<{ baseURL: string; close: () => void }> {
  const args = [join(import.meta.dirname, "../fake-openai/main.ts"), JSON.stringify({ latencyMs }), join(import.meta.dirname, "two-calls.mjs")];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await new Promise<[string]>((resolve) => createInterface(child.stdout).once("line", (text: string) => resolve([text])));
  return { baseURL: (JSON.parse(line) as { baseURL: string }).baseURL, close: () => child.stdin.end() };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

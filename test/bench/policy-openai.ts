/**
 * CPU per call of policy-openai against the bare `openai` client and against undici alone, all at the same fake server with no latency.
 * The fake runs in a process of its own, so what is measured is the client's user and system time. Ratios within one run are what counts:
 * absolute figures move with the machine's load.
 *
 *   node test/bench/policy-openai.ts [calls per round, 2000] [rounds, 5]
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { POLICY, type TurnRequest } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import OpenAI from "openai";
import { Pool } from "undici";
import plugin from "../../plugins/policies/openai/src/index.ts";

const IN_FLIGHT = 32;
/** A prompt of the usual length: a system prompt and two worked examples. */
const SYSTEM = "You are a helpful assistant that thinks step by step and may run Python in <code> tags. ".repeat(30);
const [callsPerRound = 2000, rounds = 5] = process.argv.slice(2).map(Number);

type Call = (n: number) => Promise<string>;

const { baseURL, close } = await startFake();
const clients: Record<string, { call: Call; close?: () => Promise<void> }> = {
  undici: bareUndici(baseURL),
  openai: bareOpenai(baseURL),
  "policy-openai": await ours(baseURL),
};
for (const { call } of Object.values(clients)) await inParallel(call, 300);
const cpuMs = Object.fromEntries(Object.keys(clients).map((name) => [name, [] as number[]]));
for (let round = 0; round < rounds; round++) {
  for (const [name, { call }] of Object.entries(clients)) {
    const before = process.cpuUsage();
    await inParallel(call, callsPerRound);
    const { user, system } = process.cpuUsage(before);
    cpuMs[name]?.push((user + system) / 1000 / callsPerRound);
  }
}
for (const { close: end } of Object.values(clients)) await end?.();
close();

const medians = Object.fromEntries(Object.entries(cpuMs).map(([name, values]) => [name, median(values)]));
for (const [name, values] of Object.entries(cpuMs)) {
  const range = `${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)}`;
  const ratio = (medians[name] ?? 0) / (medians["policy-openai"] ?? 1);
  console.log(`${name.padEnd(14)} ${(medians[name] ?? 0).toFixed(3)} CPU ms per call (${range}), ${ratio.toFixed(2)} of policy-openai's`);
}

async function inParallel(call: Call, calls: number): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < calls) {
      const text = await call(next++);
      if (text !== "<answer>42</answer>" && text !== "<answer>42") throw new Error(`unexpected answer: ${text}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}

function question(n: number): string {
  return `What is ${n} plus 1?`;
}

function body(n: number) {
  const prompt = `<|im_start|>system\n${SYSTEM}<|im_end|>\n<|im_start|>user\n${question(n)}<|im_end|>\n<|im_start|>assistant\n`;
  return { model: "fake", prompt, temperature: 0.8, top_p: 1, max_tokens: 64, seed: n, stop: ["</code>", "</answer>"] };
}

function bareUndici(root: string) {
  const { origin, pathname } = new URL(root);
  const pool = new Pool(origin, { connections: IN_FLIGHT, pipelining: 1 });
  const call: Call = async (n) => {
    const answer = await pool.request({
      path: `${pathname}/completions`,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body(n)),
    });
    return ((await answer.body.json()) as OpenAI.Completion).choices[0]?.text ?? "";
  };
  return { call, close: () => pool.close() };
}

function bareOpenai(root: string) {
  const client = new OpenAI({ baseURL: root, apiKey: "none", maxRetries: 0 });
  const call: Call = async (n) => (await client.completions.create(body(n))).choices[0]?.text ?? "";
  return { call };
}

async function ours(root: string) {
  const setup = await setupPlugin(plugin, { options: { model: "fake", baseURL: root, concurrency: { start: IN_FLIGHT, max: IN_FLIGHT } } });
  const policy = setup.provided(POLICY);
  const { signal } = new AbortController();
  const call: Call = async (n) => {
    const request: TurnRequest = {
      messages: [
        { role: "system", content: SYSTEM },
        { role: "user", content: question(n) },
      ],
      continuation: [],
      dialect: "tags",
      tools: [],
      stop: ["</code>", "</answer>"],
      sampling: { temperature: 0.8, topP: 1, topK: 0, maxTokens: 64 },
      seed: n,
      session: String(n),
    };
    return (await policy.generate(request, { signal })).text;
  };
  return { call, close: () => setup.dispose() };
}

async function startFake(): Promise<{ baseURL: string; close: () => void }> {
  const script = join(import.meta.dirname, "answer-42.ts");
  const child = spawn(process.execPath, [join(import.meta.dirname, "..", "fake-openai", "main.ts"), "{}", script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = await new Promise<[string]>((resolve) => createInterface(child.stdout).once("line", (text: string) => resolve([text])));
  return { baseURL: (JSON.parse(line) as { baseURL: string }).baseURL, close: () => child.stdin.end() };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

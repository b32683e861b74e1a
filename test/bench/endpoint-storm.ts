/**
 * How soon policy-openai is back at its rate after a storm of 429 with `Retry-After: 1e9`: as many requests in flight all the time as its limit allows, at
 * a server with a steady latency. Prints the rate before the storm, and how long after its end two seconds in a row have 90 % of it.
 *
 *   node test/bench/endpoint-storm.ts [seconds of storm, 15] [in flight, 64] [latency in ms, 200]
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { POLICY, type TurnRequest } from "@autotraj/core/plugin";
import plugin from "@autotraj/policy-openai";
import { setupPlugin } from "@autotraj/testkit";

const CALM_S = 5;
const LONGEST_S = 120;
const [stormS = 15, inFlight = 64, latencyMs = 200] = process.argv.slice(2).map(Number);

const { baseURL, close } = await startFake();
const setup = await setupPlugin(plugin, { options: { model: "fake", baseURL, concurrency: { start: inFlight, max: inFlight } } });
const policy = setup.provided(POLICY);
const stop = new AbortController();
/** Answers in each second since the beginning. */
const answers: number[] = [];
const begun = performance.now();
const workers = Array.from({ length: inFlight }, async (_, worker) => {
  for (let n = 0; !stop.signal.aborted; n++) {
    await policy.generate(question(worker, n), stop);
    const second = Math.floor((performance.now() - begun) / 1000);
    answers[second] = (answers[second] ?? 0) + 1;
  }
});
const ended = Promise.all(workers.map((worker) => worker.catch(endedBy)));
const calm = () => median(answers.slice(1, CALM_S - 1));
let second = CALM_S + stormS;
while (!isBack(second) && second < CALM_S + stormS + LONGEST_S) {
  await sleep(Math.max(0, begun + (second + 2) * 1000 - performance.now()));
  if (!isBack(second)) second++;
}
stop.abort();
await ended;
await setup.dispose();
close();

const after = second - CALM_S - stormS;
console.log(`${calm()} answers a second before a storm of ${stormS} s; after it: ${perSecond(CALM_S + stormS)}`);
console.log(after < LONGEST_S ? `90 % again from ${after} s after the storm's end` : `not at 90 % again within ${LONGEST_S} s`);
for (const warning of setup.warnings) console.log(`said: ${warning}`);

/** Two seconds in a row, both over. */
function isBack(from: number): boolean {
  return [from, from + 1].every((at) => performance.now() - begun >= (at + 1) * 1000 && (answers[at] ?? 0) >= 0.9 * calm());
}

function perSecond(from: number): string {
  return Array.from({ length: second + 2 - from }, (_, n) => answers[from + n] ?? 0).join(" ");
}

function endedBy(error: unknown): void {
  if (!stop.signal.aborted) throw error;
}

function question(worker: number, n: number): TurnRequest {
  return {
    messages: [{ role: "user", content: `question ${worker} ${n}` }],
    continuation: [],
    dialect: "tags",
    tools: [],
    stop: ["</answer>"],
    sampling: { temperature: 0.8, topP: 1, topK: 0, maxTokens: 64 },
    seed: n,
    session: String(worker),
  };
}

async function startFake(): Promise<{ baseURL: string; close: () => void }> {
  const args = [join(import.meta.dirname, "../fake-openai/main.ts"), JSON.stringify({ latencyMs }), join(import.meta.dirname, "storm.mjs")];
  const env = { ...process.env, STORM_AT_MS: String(CALM_S * 1000), STORM_MS: String(stormS * 1000) };
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"], env });
  const [line] = await new Promise<[string]>((resolve) => createInterface(child.stdout).once("line", (text: string) => resolve([text])));
  return { baseURL: (JSON.parse(line) as { baseURL: string }).baseURL, close: () => child.stdin.end() };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

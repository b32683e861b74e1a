/**
 * Tokens per second of policy-local: 1 to 16 sequences and two workers, with the shared beginning evaluated once, against full prompts.
 * Every trajectory has two turns of exactly 50 and 30 tokens behind a system prompt and three worked examples, and a tool result between them.
 * Full prompts are what a stateless client would have to send. CPU seconds and ratios within one run count: wall time moves with the machine's load.
 * Ends with an error where the number of sequences or workers changed a single token.
 *
 *   node test/bench/policy-local.ts [questions, 4; four candidates each] [model, smollm2-135m]
 */
import type { LocalPolicyOptions } from "../../plugins/policies/local/src/index.ts";
import { type Job, startPolicy, type WriteOptions, writeAll } from "../../plugins/policies/local/test/trajectories.ts";

const [questions = "4", model = "smollm2-135m"] = process.argv.slice(2);
const CANDIDATES = 4;
const jobs = Array.from(
  { length: Number(questions) * CANDIDATES },
  (_, n): Job => ({ question: Math.floor(n / CANDIDATES), candidate: n % CANDIDATES }),
);
/** The settings the presets use: cut sampling, so that the full vocabulary need not be sorted for every token. */
const sampling = { temperature: 0.8, topP: 0.95, topK: 40, maxTokens: 50 };

interface Setup extends Partial<Pick<WriteOptions, "memory" | "sampling">> {
  readonly name: string;
  readonly options: Partial<LocalPolicyOptions>;
  /** False where it may write other texts: other sampling, or prompts cut otherwise. */
  readonly compared?: false;
}

const setups: readonly Setup[] = [
  { name: "1 sequence", options: { sequences: 1 } },
  { name: "4 sequences", options: { sequences: 4 } },
  { name: "8 sequences", options: { sequences: 8 } },
  { name: "16 sequences", options: { sequences: 16 } },
  { name: "2 workers of 8", options: { workers: 2, sequences: 8 } },
  { name: "8, whole vocabulary", options: { sequences: 8 }, sampling: { ...sampling, topK: 0, topP: 1 }, compared: false },
  { name: "8, full prompts", options: { sequences: 8, stateMiB: 0, turnTimeoutMs: 3_600_000 }, memory: "stateless", compared: false },
];

let expected: string | undefined;
let firstCpuSeconds: number | undefined;
for (const { name, options, compared, ...how } of setups) {
  const { policy, plugin } = await startPolicy({ model, ...options });
  const [started, cpuBefore] = [performance.now(), process.cpuUsage()];
  const written = await writeAll(policy, jobs, { turns: 2, exactly: [50, 30], sampling, inFlight: policy.concurrency ?? 1, ...how });
  const [seconds, cpu] = [(performance.now() - started) / 1000, process.cpuUsage(cpuBefore)];
  const rssMiB = process.memoryUsage().rss / 2 ** 20;
  await plugin.dispose();

  const cpuSeconds = (cpu.user + cpu.system) / 1e6;
  const turns = [...written.values()].flat();
  const tokens = turns.reduce((sum, turn) => sum + turn.usage.completionTokens, 0);
  const prompt = turns.reduce((sum, turn) => sum + turn.usage.promptTokens, 0);
  const evaluated = turns.reduce((sum, turn) => sum + turn.usage.promptTokens - turn.usage.cachedTokens, 0);
  firstCpuSeconds ??= cpuSeconds;
  console.log(
    `${name.padEnd(20)} ${(tokens / seconds).toFixed(1).padStart(6)} tokens/s ${(tokens / cpuSeconds).toFixed(1).padStart(6)} tokens/CPU s  ` +
      `${cpuSeconds.toFixed(1).padStart(6)} CPU s (${(cpuSeconds / firstCpuSeconds).toFixed(2)} of the first)  ` +
      `${evaluated} of ${prompt} prompt tokens evaluated  ${rssMiB.toFixed(0)} MiB`,
  );
  if (compared === false) continue;
  const texts = JSON.stringify([...written].sort().map(([job, list]) => [job, list.map((turn) => turn.tokens)]));
  expected ??= texts;
  if (texts !== expected) throw new Error(`${name} wrote other tokens than 1 sequence`);
}

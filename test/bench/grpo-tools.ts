/**
 * What slow tools cost a step of GRPO: TRL's own tool loop beside ours, with tools that take 0 and 200 ms. Both train the same model (two layers that know one
 * trajectory: a call, its result, an answer) with the same settings; ours asks the real service over HTTP, TRL calls a Python function.
 *
 *   node test/bench/grpo-tools.ts [questions in a step, 4] [steps, 4]
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { EPISODE_SERVER, openPreset, resolvePreset, StopSwitch, startService } from "@autotraj/core";
import { interpreter, nativeSftRow, PYTHON_ENV, steps, tinyModelWith, train } from "../../plugins/trainers/trl/test/training/jobs.ts";

const GROUP = 4;
const LATENCIES_MS = [0, 200];
const [questions = 4, count = 4] = process.argv.slice(2).map(Number);
const SETTINGS = { group: GROUP, batchSize: 4, temperature: 0.1, maxCompletionTokens: 160 };
/** As TRL describes its Python function to the chat template. */
const TOOL = {
  name: "python",
  description: "Runs code",
  parameters: { type: "object", properties: { code: { type: "string", description: "Python code" } }, required: ["code"] },
};
const known = nativeSftRow(6);
const row = { ...known, tools: [TOOL] };
const prompt = (known["messages"] as { role: string; content: string }[]).filter(({ role }) => role === "system" || role === "user");

const folder = mkdtempSync(join(tmpdir(), "autotraj-grpo-"));
try {
  const { modelPath } = await train({
    ...{ stage: "sft", model: await tinyModelWith("qwen3", "all"), dir: join(folder, "sft") },
    ...{ train: [row], options: { steps: 100, batchSize: 1, learningRate: 1e-2, saveSteps: 1000 } },
  });
  const found: { who: string; latencyMs: number; seconds: number; calls: number }[] = [];
  for (const latencyMs of LATENCIES_MS) {
    found.push({ who: "TRL's loop", latencyMs, ...(await theirs(modelPath, latencyMs)) });
    found.push({ who: "ours", latencyMs, ...(await ours(modelPath, latencyMs)) });
  }
  console.log(`${questions * GROUP} trajectories a step, one call each; the mean of steps 2 to ${count}`);
  for (const { who, latencyMs, seconds, calls } of found)
    console.log(`${who.padEnd(11)} ${String(latencyMs).padStart(4)} ms a call  ${seconds.toFixed(2)} s a step  ${calls} calls in all`);
  const of = (who: string, latencyMs: number) => found.find((one) => one.who === who && one.latencyMs === latencyMs)!.seconds;
  const [fast = 0, slow = 0] = LATENCIES_MS;
  const added = (who: string) => of(who, slow) - of(who, fast);
  console.log(`a step at ${slow} ms: TRL's loop takes ${(of("TRL's loop", slow) / of("ours", slow)).toFixed(2)} times ours`);
  console.log(`what ${slow} ms a call add to a step: TRL's loop ${added("TRL's loop").toFixed(2)} s, ours ${added("ours").toFixed(2)} s`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function theirs(model: string, latencyMs: number): Promise<{ seconds: number; calls: number }> {
  const config = join(folder, `theirs-${latencyMs}.json`);
  const accumulation = (questions * GROUP) / SETTINGS.batchSize;
  const settings = {
    ...SETTINGS,
    model,
    latencyMs,
    questions,
    accumulation,
    steps: count,
    messages: prompt,
    dir: join(folder, `theirs-${latencyMs}`),
  };
  writeFileSync(config, JSON.stringify(settings));
  const script = resolve(import.meta.dirname, "grpo-tools.py");
  const { stdout } = await promisify(execFile)(await interpreter(), [script, config], { env: PYTHON_ENV, maxBuffer: 1 << 26 });
  const { seconds, calls } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as { seconds: number[]; calls: number };
  return { seconds: meanOf(seconds.slice(1)), calls };
}

async function ours(model: string, latencyMs: number): Promise<{ seconds: number; calls: number }> {
  const dir = join(folder, `ours-${latencyMs}`);
  const ids = Array.from({ length: questions }, (_, at) => `q-${at}`);
  // The question must be the one that the model knows, and a run's questions differ by their ids.
  writeFileSync(
    join(folder, "questions.jsonl"),
    ids.map((id) => `${JSON.stringify({ id, question: prompt.at(-1)!.content, answer: "42" })}\n`).join(""),
  );
  const preset = {
    queries: { train: "questions.jsonl" },
    rollout: { policy: "student", dialect: "native", maxToolCalls: 2, maxTurns: 3, maxTokens: 60 },
    plugins: {
      student: { use: "@autotraj/policy-openai", options: { model: "none", baseURL: "http://127.0.0.1:9" } },
      python: { use: resolve(import.meta.dirname, "slow-tool.mjs"), options: { latencyMs } },
      answer: { use: "@autotraj/scorer-answer" },
      outcome: { use: "@autotraj/reward-outcome" },
    },
  };
  writeFileSync(join(folder, "preset.json"), JSON.stringify(preset));
  const played = await openPreset(await resolvePreset("./preset.json", { cwd: folder }), {
    ...{ runDir: join(folder, "run"), stop: new StopSwitch(), say: (message: string) => console.error(message) },
  });
  const log = { info: console.error, warn: console.error };
  const { service, dispose } = await startService("@autotraj/server-http", EPISODE_SERVER, import.meta.dirname, { log });
  try {
    const tasks = [...played.tasks.values()].map((task) => ({ ...task, messages: prompt, tools: row.tools }));
    const { url, token } = await service.serve(played.episodes);
    const options = { ...SETTINGS, promptsPerStep: questions, steps: count, saveSteps: 1000, maxNewTokens: 60 };
    await train({ stage: "rl", model, options, train: tasks, dir, service: { url, token } });
  } finally {
    await dispose();
    await played.close();
  }
  const logged = steps(dir).filter(({ metrics }) => "step_time" in metrics);
  return {
    seconds: meanOf(logged.slice(1).map(({ metrics }) => metrics["step_time"]!)),
    calls: Math.round(logged.reduce((sum, { metrics }) => sum + metrics["toolCalls"]! * questions * GROUP, 0)),
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

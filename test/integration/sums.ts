/** A run over HTTP: a scripted server that adds, half of the time wrongly, and a preset with a tool, a scorer, a gate and a repairer with exemplars. */
import { mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { FakeCall } from "../fake-openai/server.ts";

/** Trajectories written, and calls made, at a time. */
export const IN_FLIGHT = 8;

export function newFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "autotraj-integration-")));
}

/** The path of one of core's fixture plugins. */
export function fixture(name: string): string {
  return resolve(import.meta.dirname, "../../core/test/fixtures/plugins", `${name}.mjs`);
}

export function writeQuestions(folder: string, count: number): void {
  const rows = Array.from({ length: count }, (_, index) => {
    const [a, b] = [index, (index * 7) % 13];
    return `${JSON.stringify({ id: `q-${index}`, question: `What is ${a} + ${b}?`, answer: a + b, task: `mod ${index % 3}` })}\n`;
  });
  writeFileSync(join(folder, "questions.jsonl"), rows.join(""));
}

/** Writes `demo.json` and its questions. */
export function writeRun(folder: string, baseURL: string, questions: number): void {
  writeQuestions(folder, questions);
  const options = { model: "adder", baseURL, maxRetries: 3, retryDelayMs: 20, concurrency: { start: IN_FLIGHT, max: IN_FLIGHT } };
  const preset = {
    queries: { train: "questions.jsonl" },
    rollout: { policy: "student", candidates: 3, wave: 6, inFlight: IN_FLIGHT },
    plugins: {
      prepare: { use: "@autotraj/preparer-prompt" },
      plus: { use: fixture("adder") },
      student: { use: "@autotraj/policy-openai", options },
      exact: { use: fixture("exact-scorer") },
      gate: { use: fixture("right-gate") },
      fix: { use: "@autotraj/repairer-llm", options: { policy: "student", attempts: 2, exemplars: 2 } },
    },
  };
  writeFileSync(join(folder, "demo.json"), JSON.stringify(preset, null, 1));
}

/** What the model says: it follows from the request alone, and carries the request's hash into the store. */
export function addUp({ body, hash }: FakeCall): string {
  const prompt = String(body.prompt);
  const [a = 0, b = 0] = [...prompt.matchAll(/What is (\d+) \+ (\d+)\?/g)].at(-1)?.slice(1).map(Number) ?? [];
  const written = prompt.slice(prompt.lastIndexOf("<|im_start|>assistant"));
  if (!written.includes("<result>")) return `<think>I add them #${hash}</think>\n<add>${a} ${b}</add>`;
  return `<think>So #${hash}</think>\n<answer>\\boxed{${a + b + (body.seed % 2)}}</answer>`;
}

/** The requests whose answers are in a run's store, by hash. */
export function storedHashes(runDir: string): ReadonlySet<string> {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(join(runDir, "run.db"), { readOnly: true });
  } catch {
    return new Set(); // Killed before there was a store.
  }
  try {
    const rows = database.prepare("SELECT response FROM calls WHERE kind = 'model'").all() as { response: string }[];
    return new Set(rows.flatMap(({ response }) => response.match(/#[0-9a-f]{16}/)?.map((mark) => mark.slice(1)) ?? []));
  } catch (error) {
    if (String(error).includes("no such table")) return new Set();
    throw error;
  } finally {
    database.close();
  }
}

/** The bytes of a run's data sets, file by file. */
export function datasetsOf(runDir: string): Readonly<Record<string, string>> {
  const names = ["sft", "preferences", "hard-cases"];
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(runDir, "datasets", `${name}.jsonl`), "utf8")]));
}

/** Waits until this holds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

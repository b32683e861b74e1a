/** Whole runs of fixture plugins: questions that a scripted policy adds up, half of the time wrongly. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../src/kernel/plugin.ts";
import type { StopSwitch } from "../../src/loop/stop-switch.ts";
import { RunStore } from "../../src/loop/store/run-store.ts";
import { datasetFiles } from "../../src/results/datasets.ts";
import { type RunObserver, type RunResult, run } from "../../src/run/run.ts";
import { type Entry, fixture, presetOf } from "./presets.ts";

export interface RunSettings {
  /** Where preset, questions and journals lie. */
  readonly folder: string;
  /** Name of the run's folder in it. */
  readonly out?: string;
  readonly questions?: number;
  /** Options of the scripted policy. */
  readonly policy?: JsonObject;
  readonly plugins?: Readonly<Record<string, Entry>>;
  readonly rollout?: JsonObject;
  readonly run?: JsonObject;
  readonly repair?: JsonObject;
  readonly limit?: number;
  readonly stop?: StopSwitch;
  readonly observer?: RunObserver;
}

/** Small numbers, so that many questions are alike. */
export function questionRows(count: number): string {
  return Array.from({ length: count }, (_, index) => {
    const [a, b] = [index, (index * 7) % 13];
    return `${JSON.stringify({ id: `q-${index}`, question: `What is ${a} + ${b}?`, answer: a + b, task: `mod ${index % 3}` })}\n`;
  }).join("");
}

/** Preparer, tool, policy, scorer, gate and a repairer that shows exemplars. */
export function plugins(policy: JsonObject = {}, others: Readonly<Record<string, Entry>> = {}): Readonly<Record<string, Entry>> {
  return {
    prepare: [fixture("picky-preparer")],
    plus: [fixture("adder")],
    student: [fixture("scripted-policy"), policy],
    exact: [fixture("exact-scorer")],
    gate: [fixture("right-gate")],
    fix: ["@autotraj/repairer-llm", { policy: "student", attempts: 2, exemplars: 2 }],
    ...others,
  };
}

export async function startRun(settings: RunSettings): Promise<RunResult> {
  const { folder, out = "out" } = settings;
  const questions = join(folder, "questions.jsonl");
  writeFileSync(questions, questionRows(settings.questions ?? 12));
  const preset = await presetOf(folder, plugins(settings.policy, settings.plugins), {
    queries: { train: "questions.jsonl" },
    rollout: { candidates: 2, wave: 4, ...settings.rollout },
    run: settings.run ?? {},
    repair: settings.repair ?? {},
  });
  return run({
    preset,
    asked: { ref: preset.file, cwd: folder, set: [], ...(settings.limit === undefined ? {} : { limit: settings.limit }) },
    runDir: join(folder, out),
    cacheDir: join(folder, "cache"),
    ...(settings.stop === undefined ? {} : { stop: settings.stop }),
    ...(settings.observer === undefined ? {} : { observer: settings.observer }),
  });
}

export interface Datasets {
  readonly sft: string;
  readonly preferences: string;
  readonly hardCases: string;
}

/** The data sets' bytes. */
export function datasetsOf(runDir: string): Datasets {
  const { sft, preferences, hardCases } = datasetFiles(runDir);
  return { sft: readFileSync(sft, "utf8"), preferences: readFileSync(preferences, "utf8"), hardCases: readFileSync(hardCases, "utf8") };
}

/** Never none: a test that looks at each row must have one to look at. */
// biome-ignore lint/suspicious/noExplicitAny: rows are looked at by tests that know their shape
export function rowsOf(text: string): any[] {
  const rows = linesOf(text);
  if (rows.length === 0) throw new Error("there are no rows to look at");
  return rows;
}

// biome-ignore lint/suspicious/noExplicitAny: as above
function linesOf(text: string): any[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** The lines of a fixture's journal, none where it was never written. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export function journalOf(file: string): any[] {
  return existsSync(file) ? linesOf(readFileSync(file, "utf8")) : [];
}

/** The turns that a scripted policy was asked for more than once. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export function repeatedTurns(journal: string): any[] {
  const seen = new Set<string>();
  return journalOf(journal).filter(({ seed, session, turn }) => {
    const key = `${session} ${turn} ${seed}`;
    const again = seen.has(key);
    seen.add(key);
    return again;
  });
}

/** Looks into a run's store. */
export function inStore<T>(runDir: string, look: (store: RunStore) => T): T {
  const store = RunStore.read(runDir);
  try {
    return look(store);
  } finally {
    store.close();
  }
}

export function storedCalls(runDir: string): number {
  return inStore(runDir, (store) => (store.one("SELECT count(*) n FROM calls WHERE kind = 'model'") as { n: number }).n);
}

/** Waits until `found` gives something. */
export async function until<T>(found: () => T | undefined | false): Promise<T> {
  for (;;) {
    const value = found();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

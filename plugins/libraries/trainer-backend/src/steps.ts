/** The steps of a training as its backend's own log has them, for those who look at a run's folder: while it goes on, and afterwards. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@autotraj/core/plugin";
import { fieldsIn } from "./progress.ts";

export interface LoggedStep {
  readonly step: number;
  /** Steps of the whole training, where the log says so. */
  readonly total: number | undefined;
  readonly metrics: Readonly<Record<string, number>>;
}

/** TRL's and templates', verl's (one for each start, in order) and LLaMA-Factory's. */
const LOGS = [/^progress\.jsonl$/, /^progress-\d+\.jsonl$/] as const;
const LLAMA_FACTORY = join("output", "trainer_log.jsonl");

/** In order. A step that was done again after a resume is the later one. @param dir the stage's folder */
export function stepsIn(dir: string): readonly LoggedStep[] {
  const steps = new Map<number, LoggedStep>();
  for (const file of logsIn(dir)) {
    for (const line of readFileSync(file, "utf8").split("\n")) {
      const logged = stepIn(line);
      if (logged === undefined) continue;
      const known = steps.get(logged.step);
      steps.set(logged.step, { ...logged, total: logged.total ?? known?.total, metrics: { ...known?.metrics, ...logged.metrics } });
    }
  }
  return [...steps.values()].sort((a, b) => a.step - b.step);
}

/** The files that hold them, in the order in which they were written. */
export function logsIn(dir: string): readonly string[] {
  if (!existsSync(dir)) return [];
  const names = readdirSync(dir);
  const own = LOGS.flatMap((log) => names.filter((name) => log.test(name)).sort((a, b) => a.localeCompare(b, "en", { numeric: true })));
  return [...own, LLAMA_FACTORY].map((name) => join(dir, name)).filter((file) => existsSync(file));
}

/** `{step, total, metrics}`, `{step, data}` or `{current_steps, total_steps, …}`; undefined for all else, such as what a killed process left of a line. */
export function stepIn(line: string): LoggedStep | undefined {
  const { step, total, metrics, data, current_steps: currentSteps, total_steps: totalSteps, ...others } = fieldsIn(line) ?? {};
  const at = step ?? currentSteps;
  if (!isNumber(at)) return undefined;
  const all = total ?? totalSteps;
  return { step: at, total: isNumber(all) ? all : undefined, metrics: numbersIn(metrics ?? data ?? figuresOf(others)) };
}

/** How far it is and how long it takes is no figure of a step. */
function figuresOf({ percentage: _percentage, elapsed_time: _elapsed, remaining_time: _remaining, ...figures }: JsonObject): JsonObject {
  return figures;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** The numbers among an object's fields; none of what is no object. */
export function numbersIn(value: unknown): Readonly<Record<string, number>> {
  if (typeof value !== "object" || value === null) return {};
  const numbers = Object.entries(value).filter((entry): entry is [string, number] => isNumber(entry[1]));
  return Object.fromEntries(numbers);
}

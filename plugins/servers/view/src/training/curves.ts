/** What is known of a training step by step. */
import { statSync } from "node:fs";
import { type LoggedStep, logsIn, stepsIn } from "@autotraj/trainer-backend/steps";
import type { Curves } from "../learning-api.ts";
import { Remembered } from "../remembered.ts";
import { stampOfFile } from "../run-folder.ts";

/** More points than a chart has pixels. */
const MOST_POINTS = 2000;
/** A log beyond this is not read while somebody waits. */
const MOST_BYTES = 2 ** 28;

const drawings = new Remembered<Curves>();

export function curvesIn(dir: string): Curves {
  const logs = logsIn(dir);
  if (logs.length === 0) return without("It has kept no log of its steps that is known here.");
  if (logs.reduce((sum, file) => sum + statSync(file).size, 0) > MOST_BYTES) return without("The log of its steps is too large to be drawn.");
  const stamp = logs.map(stampOfFile).join(" ");
  return drawings.get(dir, stamp, () => {
    // One without figures says that the training has begun.
    const steps = stepsIn(dir).filter(({ metrics }) => Object.keys(metrics).length > 0);
    return steps.length === 0 ? without("No step has been logged yet.") : drawn(steps);
  });
}

/** Of many steps every so many-th, and always the last. */
function drawn(sorted: readonly LoggedStep[]): Curves {
  const every = Math.ceil(sorted.length / MOST_POINTS);
  const shown = sorted.filter((_, at) => (sorted.length - 1 - at) % every === 0);
  const names = new Set(sorted.flatMap(({ metrics }) => Object.keys(metrics)));
  return {
    steps: shown.map(({ step }) => step),
    total: sorted.findLast(({ total }) => total !== undefined)?.total ?? null,
    metrics: Object.fromEntries([...names].map((name) => [name, shown.map(({ metrics }) => metrics[name] ?? null)])),
    every,
    problem: null,
  };
}

function without(problem: string): Curves {
  return { steps: [], total: null, metrics: {}, every: 1, problem };
}

/** What trainings logged of their steps, stage by stage. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type LoggedStep, stepsIn } from "@autotraj/trainer-backend/steps";
import type { Curve } from "./charts/curve.ts";

export interface StageCurves {
  readonly stage: string;
  readonly curves: readonly Curve[];
}

const MOST_CURVES = 9;
const MOST_POINTS = 200;

/** What is shown first, by what backends call it. */
const FIRST: readonly RegExp[] = [
  /^(train\/)?loss$|pg_loss/,
  /^(eval_loss|heldOutLoss|val\/loss)$/,
  /accuracy/i,
  /^reward$|critic\/rewards\/mean/,
  /^rewards\//,
  /(^|[/_])kl(_loss)?$/,
  /length|completionTokens/,
  /tool|turns/i,
  /entropy/,
  /grad_?norm/i,
  /learning_?rate|\/lr$|^lr$/i,
];

/** @param stages in the order in which they are shown; of each the folder of every round that has one */
export function curvesOf(runDir: string, stages: readonly string[]): readonly StageCurves[] {
  return roundsOf(runDir).flatMap(({ dir, round }) =>
    stages.flatMap((stage) => {
      const curves = chosen(stepsIn(join(dir, "models", stage)));
      return curves.length === 0 ? [] : [{ stage: round === 1 ? stage : `${stage} of round ${round}`, curves }];
    }),
  );
}

function roundsOf(runDir: string): readonly { readonly dir: string; readonly round: number }[] {
  const folder = join(runDir, "rounds");
  const later = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+$/.test(name)) : [];
  const rounds = later.map((name) => ({ dir: join(folder, name), round: Number(name) })).sort((a, b) => a.round - b.round);
  return [{ dir: runDir, round: 1 }, ...rounds];
}

function chosen(steps: readonly LoggedStep[]): readonly Curve[] {
  const names = [...new Set(steps.flatMap(({ metrics }) => Object.keys(metrics)))];
  const place = (name: string) => {
    const found = FIRST.findIndex((pattern) => pattern.test(name));
    return found < 0 ? FIRST.length : found;
  };
  const sorted = names.toSorted((a, b) => place(a) - place(b) || a.localeCompare(b, "en"));
  return sorted.slice(0, MOST_CURVES).map((name) => ({ name, points: thinned(pointsOf(name, steps)) }));
}

function pointsOf(name: string, steps: readonly LoggedStep[]): Curve["points"] {
  return steps.flatMap(({ step, metrics }) => (metrics[name] === undefined ? [] : [[step, metrics[name]] as const]));
}

/** Every so many-th, and the last. */
function thinned(points: Curve["points"]): Curve["points"] {
  const every = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, index) => index % every === 0 || index === points.length - 1);
}

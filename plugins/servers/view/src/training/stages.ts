/** The trainings of a run, each with its curves. */
import { numbersIn } from "@autotraj/trainer-backend/steps";
import type { TrainedStage } from "../learning-api.ts";
import { type LeftStage, leftStages, STAGE_ORDER } from "../left-stages.ts";
import { summaryOf } from "../run-folder.ts";
import { curvesIn } from "./curves.ts";

export function trainedStages(folder: string): readonly TrainedStage[] {
  const known = (summaryOf(folder)?.["stages"] ?? {}) as Readonly<Record<string, { readonly outOfDate?: string | null }>>;
  return leftStages(folder, STAGE_ORDER).map((left) => trainedStage(left, known[left.name]?.outOfDate ?? null));
}

function trainedStage({ name, dir, artifact }: LeftStage, outOfDate: string | null): TrainedStage {
  const { stage, trainer, rows, seconds, metrics } = artifact;
  return {
    name,
    stage: typeof stage === "string" ? stage : name.replace(/ round \d+$/, ""),
    trainer: typeof trainer === "string" ? trainer : null,
    rows: typeof rows?.train === "number" && typeof rows.heldOut === "number" ? rows : null,
    seconds: typeof seconds === "number" ? seconds : null,
    outOfDate,
    metrics: numbersIn(metrics),
    curves: curvesIn(dir),
  };
}

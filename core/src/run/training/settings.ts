/** The settings of training stages: those that the kernel reads itself, and all that can be wrong with them, looked at before anything is spent. */
import { AutoTrajError, isAutoTrajError, messageOf } from "../../kernel/errors.ts";
import type { JsonObject, JsonValue, TrainStage } from "../../kernel/plugin.ts";
import { evaluateSettings } from "../evaluation/settings.ts";
import type { Session } from "../session.ts";
import { trainingsOf } from "../trainings.ts";
import { stageInput } from "./errors.ts";

/** All others are the backend's. */
const KERNEL_SETTINGS: readonly string[] = [
  "trainer",
  "model",
  "heldOut",
  "rows",
  "examples",
  "limit",
  "minPassRate",
  "maxPassRate",
  "trajectoryTerm",
  "pairs",
];
const HELD_OUT: Readonly<Record<TrainStage, number>> = { sft: 0, "reward-model": 0.2, rl: 0 };

/**
 * All of the wanted stages that can be wrong.
 * @param wanted names of stages and ablations
 * @throws ATRAJ_STAGE_INPUT; ATRAJ_PRESET_INVALID where the policy cannot sample what is trained; what a trainer says of its settings
 */
export function checkStages(session: Session, wanted: readonly string[]): void {
  const { settings: preset } = session;
  const trainings = trainingsOf(preset).filter(({ name }) => wanted.includes(name));
  for (const { name, stage, settings } of trainings) {
    heldOutOf(stage, settings);
    wantedRows(name, settings["rows"]);
    if (stage === "rl") checkRlSettings(name, settings);
    try {
      session.lifecycle.checkTraining(stage, backendOptions(settings));
    } catch (error) {
      if (isAutoTrajError(error)) throw error;
      throw stageInput(`stage "${name}"`, messageOf(error), (error as { hint?: string }).hint ?? "Correct the stage's settings.");
    }
  }
  const evaluates = wanted.includes("evaluate");
  if (evaluates) evaluateSettings(session);
  const { policy } = preset.rollout;
  const leavesPolicy = trainings.some(({ stage }) => stage !== "reward-model");
  if (!leavesPolicy || !(evaluates || preset.run.rounds > 1) || policy === undefined || session.policy(policy).withModel !== undefined) return;
  throw new AutoTrajError("ATRAJ_PRESET_INVALID", {
    who: session.name,
    what: `the policy "${policy}" cannot load the weights that the run will train, and ${evaluates ? "stages.evaluate" : "run.rounds"} needs them sampled.`,
    hint: "Take @autotraj/policy-local, tell @autotraj/policy-openai how to serve them (its option serve), or leave evaluation and further rounds out.",
  });
}

function checkRlSettings(name: string, settings: JsonObject): void {
  numberOf(settings, "limit", 0);
  numberOf(settings, "minPassRate", 0);
  numberOf(settings, "maxPassRate", 1);
  wantedTerm(settings);
  namedPairs(name, settings);
}

export function isKernelSetting(name: string): boolean {
  return KERNEL_SETTINGS.includes(name);
}

export function backendOptions(settings: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !isKernelSetting(name)));
}

/** The share of questions whose rows are held out. */
export function heldOutOf(stage: TrainStage, settings: JsonObject): number {
  return numberOf(settings, "heldOut", HELD_OUT[stage]);
}

export function numberOf(settings: JsonObject, key: string, otherwise: number): number {
  const value = settings[key];
  if (value === undefined) return otherwise;
  const fits = typeof value === "number" && value >= 0 && (key !== "heldOut" || value < 1) && (key !== "limit" || Number.isInteger(value));
  if (fits) return value;
  const hints: Readonly<Record<string, string>> = {
    heldOut: "Give the share of questions to hold out, 0 ≤ share < 1.",
    limit: "Give a whole number of 0 or more.",
  };
  throw stageInput(`stages.*.${key}`, `is ${JSON.stringify(value)}.`, hints[key] ?? "Give a number of 0 or more.");
}

/** Undefined: all of them. */
export function wantedRows(name: string, rows: JsonValue | undefined): "kept" | "repaired" | undefined {
  if (rows === undefined || rows === "all") return undefined;
  if (rows === "kept" || rows === "repaired") return rows;
  throw stageInput(`stage "${name}"`, `its setting rows is ${JSON.stringify(rows)}.`, "Say all, kept or repaired.");
}

/** Undefined: the run's own. */
export function namedPairs(name: string, { pairs }: JsonObject): string | undefined {
  if (pairs === undefined || typeof pairs === "string") return pairs;
  throw stageInput(`stage "${name}"`, `its setting pairs is ${JSON.stringify(pairs)}.`, "Name a JSONL file of preference pairs.");
}

/** Whether the reward model's term counts in RL; `auto`: where it beats what could fake it. */
export function wantedTerm({ trajectoryTerm = "auto" }: Readonly<JsonObject>): "auto" | "always" | "never" {
  if (trajectoryTerm === "auto" || trajectoryTerm === "always" || trajectoryTerm === "never") return trajectoryTerm;
  throw stageInput("stages.rl.trajectoryTerm", `is ${JSON.stringify(trajectoryTerm)}.`, "Say auto, always or never.");
}

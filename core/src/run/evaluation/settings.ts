/** The settings of stage `evaluate`. */
import type { Session } from "../session.ts";
import { stageInput } from "../training/errors.ts";

export interface EvaluateSettings {
  /** Sampled trajectories per question, besides the greedy one. */
  readonly samples: number;
  readonly temperature: number;
  /** Held-out questions, from the start of the file. */
  readonly limit: number;
}

/** @throws ATRAJ_STAGE_INPUT for settings that are not the evaluation's. */
export function evaluateSettings(session: Session): EvaluateSettings {
  const {
    samples = 0,
    temperature = session.settings.rollout.temperature,
    limit = Number.MAX_SAFE_INTEGER,
    ...others
  } = session.settings.stages.evaluate ?? {};
  const unknown = Object.keys(others);
  if (unknown.length > 0)
    throw stageInput("stages.evaluate", `has unknown settings: ${unknown.join(", ")}.`, "It takes samples, temperature and limit.");
  const whole = (name: string, value: unknown) => {
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    throw stageInput(`stages.evaluate.${name}`, `is ${JSON.stringify(value)}.`, "Give a whole number of 0 or more.");
  };
  if (typeof temperature !== "number" || temperature < 0)
    throw stageInput("stages.evaluate.temperature", `is ${JSON.stringify(temperature)}.`, "Give a number of 0 or more.");
  return { samples: whole("samples", samples), temperature, limit: whole("limit", limit) };
}

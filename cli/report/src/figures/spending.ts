/** What a run took. */
import type { RunSummary } from "@autotraj/core";
import { count, seconds } from "./numbers.ts";
import type { FigureParts } from "./parts.ts";

const TIMES: Readonly<Record<string, string>> = {
  start: "starting",
  rollout: "rolling out",
  scoring: "scoring",
  repair: "repairing",
  loop: "the loop in all",
  sft: "sft",
  "reward-model": "reward model",
  rl: "rl",
  evaluate: "evaluating",
};

/** What took how many seconds, in the order in which it happens. */
export function timesOf({ seconds: parts }: RunSummary): readonly (readonly [part: string, seconds: number])[] {
  const known = Object.keys(TIMES);
  const named = [...known, ...Object.keys(parts).filter((part) => !known.includes(part))];
  return named.flatMap((part) => (parts[part] === undefined ? [] : [[TIMES[part] ?? part, parts[part]] as const]));
}

export function spendingFigures(summary: RunSummary): FigureParts {
  const times = timesOf(summary).map(([part, took]) => `${part} ${seconds(took)}`);
  const rows = Object.entries(summary.usage).map(([policy, { calls, promptTokens, cachedTokens, completionTokens, usd }]) => [
    ...[policy, count(calls), count(promptTokens), count(cachedTokens), count(completionTokens), usd === null ? "–" : `$${usd.toFixed(4)}`],
  ]);
  return [
    ...(rows.length === 0 ? [] : [{ header: ["policy", "calls", "prompt tokens", "of these cached", "written", "cost"], rows }]),
    ...(times.length === 0 ? [] : [`time: ${times.join(", ")} (parts overlap)`]),
  ];
}

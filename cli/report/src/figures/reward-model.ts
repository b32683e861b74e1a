/** The reward model beside what could fake it. */
import type { RewardModelReport, RunSummary } from "@autotraj/core";
import { estimate, short } from "./numbers.ts";
import type { FigureParts } from "./parts.ts";
import { marked } from "./stages.ts";

export function rewardModelFigures({ rewardModel, stages }: RunSummary): FigureParts {
  if (rewardModel === null) return [];
  const title = marked(`held-out pairs told apart (${rewardModel.pairs})`, stages["reward-model"]?.outOfDate);
  const rows = [
    ["the reward model", estimate(rewardModel.accuracy)],
    ...Object.entries(rewardModel.baselines).map(([name, value]) => [name, estimate(value)]),
  ];
  return [{ header: [title, "share, 95 % interval"], rows }, verdictOn(rewardModel), ...cares(rewardModel), ...pairKinds(rewardModel)];
}

function verdictOn({ beatsBaselines, best }: RewardModelReport): string {
  if (beatsBaselines) return `It beats the best of them (${best}).`;
  return `It does not beat ${best === null ? "chance" : `"${best}"`}: its score says nothing that this could not say, and is left out of RL unless stages.rl.trajectoryTerm is always.`;
}

function cares({ authorsSeparated }: RewardModelReport): readonly string[] {
  return authorsSeparated
    ? [
        "Care: every chosen side was written by a repairer that wrote no rejected one, so these pairs cannot tell a sense of quality from a sense of style.",
      ]
    : [];
}

/** By kind of pair, each beside the rule that does best on it; and the pairs that were not learnt from. */
function pairKinds({ kinds = {}, sources = {} }: RewardModelReport): FigureParts {
  const rows = Object.entries(kinds).map(([name, { accuracy, best, bestAccuracy }]) => [
    name,
    accuracy.n,
    estimate(accuracy),
    best === null || bestAccuracy === null ? "–" : `${best} ${short(bestAccuracy)}`,
  ]);
  const leftOut = Object.entries(sources).flatMap(([kind, source]) =>
    Object.entries(source.leftOut).map(([why, number]) => `${number} ${kind} (${why})`),
  );
  return [
    ...(rows.length === 0 ? [] : [{ header: ["kind of pair", "held out", "the reward model", "best rule on these"], rows }]),
    ...(leftOut.length === 0 ? [] : [`Pairs left out: ${leftOut.join(", ")}.`]),
  ];
}

/** From questions to rows. */
import type { RunSummary } from "@autotraj/core";
import { count, share } from "./numbers.ts";

type Rows = readonly (readonly string[])[];

export function funnelRows({ funnel, right }: RunSummary): Rows {
  return [
    ["questions", count(funnel.queries), ""],
    ...(funnel.dropped > 0 ? [["  dropped", count(funnel.dropped), share(funnel.dropped, funnel.queries)]] : []),
    ...(funnel.failedQueries > 0
      ? [["  failed (resume tries again)", count(funnel.failedQueries), share(funnel.failedQueries, funnel.queries)]]
      : []),
    ["candidates", count(funnel.candidates), ""],
    ...(right === null ? [] : [["  right", count(right.candidates), share(right.candidates, right.judged)]]),
    ["  kept", count(funnel.kept), share(funnel.kept, funnel.candidates)],
    ["  sent to repair", count(funnel.toRepair), share(funnel.toRepair, funnel.candidates)],
    ["    repaired", count(funnel.repaired), share(funnel.repaired, funnel.toRepair)],
    ["    hard cases", count(funnel.hard), share(funnel.hard, funnel.toRepair)],
    ["  discarded", count(funnel.discarded), share(funnel.discarded, funnel.candidates)],
  ];
}

/** What there is to learn from. Rows and pairs are different texts; more of them on few questions teach less than they seem to. */
export function datasetRows({ datasets: data, funnel, repairers }: RunSummary): Rows {
  const repairs = Object.keys(repairers).length > 0;
  return [
    ["SFT rows", count(data.sft), ""],
    ...(repairs
      ? [
          ["  kept", count(data.sft - data.repaired), share(data.sft - data.repaired, data.sft)],
          ["  repaired", count(data.repaired), share(data.repaired, data.sft)],
        ]
      : []),
    ["  on questions", count(data.questions), share(data.questions, funnel.queries)],
    ...(repairs ? [["    only by repair", count(data.onlyRepaired), share(data.onlyRepaired, data.questions)]] : []),
    ["preference pairs", count(data.preferences), ""],
    ...(data.preferences > 0 ? [["  chosen texts", count(data.chosenTexts), ""]] : []),
    ["sibling pairs", count(data.siblings), ""],
    ...(data.siblings > 0 ? [["  on questions", count(data.siblingQuestions), share(data.siblingQuestions, funnel.queries)]] : []),
  ];
}

/** The end of a run as a person reads it: the funnel, the repairers, the dimensions, time and tokens. */
import type { Estimate, ModelEvaluation, RewardModelReport, RunSummary } from "@autotraj/core";
import { changeText } from "./changes.ts";
import { count, seconds, table } from "./table.ts";

export function renderSummary(summary: RunSummary): string {
  const { funnel } = summary;
  const blocks = [
    table(
      ["what", "count", "share"],
      [
        ["questions", count(funnel.queries), ""],
        ...(funnel.dropped > 0 ? [["  dropped", count(funnel.dropped), share(funnel.dropped, funnel.queries)]] : []),
        ...(funnel.failedQueries > 0
          ? [["  failed (resume tries again)", count(funnel.failedQueries), share(funnel.failedQueries, funnel.queries)]]
          : []),
        ["candidates", count(funnel.candidates), ""],
        ...(summary.right === null ? [] : [["  right", count(summary.right.candidates), share(summary.right.candidates, summary.right.judged)]]),
        ["  kept", count(funnel.kept), share(funnel.kept, funnel.candidates)],
        ["  sent to repair", count(funnel.toRepair), share(funnel.toRepair, funnel.candidates)],
        ["    repaired", count(funnel.repaired), share(funnel.repaired, funnel.toRepair)],
        ["    hard cases", count(funnel.hard), share(funnel.hard, funnel.toRepair)],
        ["  discarded", count(funnel.discarded), share(funnel.discarded, funnel.candidates)],
        ...datasetRows(summary),
      ],
    ),
    repairTable(summary),
    table(
      ["dimension (mean)", "candidates", "kept", "before repair", "after repair"],
      Object.entries(summary.dimensions).map(([name, { candidates, kept, before, after }]) => [name, ...[candidates, kept, before, after].map(mean)]),
    ),
    failures(summary),
    taskTable(summary),
    stageTable(summary),
    rewardModelTable(summary),
    evaluationTable(summary),
    spending(summary),
  ];
  return blocks.filter((block) => block !== "").join("\n\n");
}

function share(part: number, whole: number): string {
  return whole === 0 ? "" : `${((100 * part) / whole).toFixed(0)}%`;
}

/** What there is to learn from. Rows and pairs are different texts; more of them on few questions teach less than they seem to. */
function datasetRows({ datasets: data, funnel, repairers }: RunSummary): readonly (readonly string[])[] {
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

/** Dimensions that could not be judged, and who else had something to tell. */
function failures({ dimensions, incidentsBy }: RunSummary): string {
  const failed = Object.entries(dimensions).flatMap(([name, { failed, asked, failure }]) =>
    failed === 0 ? [] : [`${name}: failed ${count(failed)} of ${count(asked)}: ${firstLine(failure ?? "")}`],
  );
  const by = Object.entries(incidentsBy).map(([who, times]) => `${who} ${count(times)}`);
  return [...failed, ...(by.length === 0 ? [] : [`incidents: ${by.join(", ")} (log.jsonl)`])].join("\n");
}

const LONGEST_LINE = 160;

function firstLine(text: string): string {
  const [line = ""] = text.split("\n");
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
}

function repairTable({ repairers, refusals }: RunSummary): string {
  const entries = Object.entries(repairers);
  if (entries.length === 0) return "";
  const rows = entries.map(([id, { accepted, refused, acceptedByCause }]) => [
    id,
    accepted,
    refused,
    Object.entries(acceptedByCause)
      .map(([cause, number]) => `${number} ${cause}`)
      .join(", "),
  ]);
  const why = Object.entries(refusals)
    .map(([cause, number]) => `${number} ${cause}`)
    .join(", ");
  return `${table(["repairer", "accepted", "refused", "accepted repairs of"], rows)}${why === "" ? "" : `\nrefused because: ${why}`}`;
}

function taskTable({ tasks }: RunSummary): string {
  const entries = Object.entries(tasks);
  if (entries.length < 2) return "";
  return table(
    ["task", "candidates", "kept", "repaired", "hard"],
    entries.map(([task, { candidates, kept, repaired, hard }]) => [task || "(none)", candidates, kept, repaired, hard]),
  );
}

function stageTable({ stages }: RunSummary): string {
  const entries = Object.entries(stages);
  if (entries.length === 0) return "";
  const stale = entries.flatMap(([stage, { outOfDate }]) => (outOfDate === null ? [] : [`${stage} is out of date: ${outOfDate}.`]));
  const rows = table(
    ["stage", "rows", "figures", "time", "model"],
    entries.map(([stage, { rows, metrics, seconds: took, modelPath, outOfDate }]) => [
      marked(stage, outOfDate),
      rows === null ? "–" : count(rows.train),
      Object.entries(metrics)
        .slice(0, 3)
        .map(([name, value]) => `${name} ${value.toPrecision(3)}`)
        .join(", "),
      seconds(took),
      modelPath ?? "–",
    ]),
  );
  const changes = entries.flatMap(([stage, { metrics }]) => {
    const changed = changeText(metrics);
    return changed === undefined ? [] : [`${stage} ${changed}.`];
  });
  return [rows, ...changes, ...(stale.length === 0 ? [] : [...stale, "`autotraj resume` does it again."])].join("\n");
}

function marked(name: string, outOfDate: string | null | undefined): string {
  return outOfDate == null ? name : `${name} (out of date)`;
}

/** The reward model beside what could fake it. */
function rewardModelTable({ rewardModel, stages }: RunSummary): string {
  if (rewardModel === null) return "";
  const rows = [
    ["the reward model", estimate(rewardModel.accuracy)],
    ...Object.entries(rewardModel.baselines).map(([name, value]) => [name, estimate(value)]),
  ];
  const verdict = rewardModel.beatsBaselines
    ? `It beats the best of them (${rewardModel.best}).`
    : `It does not beat ${rewardModel.best === null ? "chance" : `"${rewardModel.best}"`}: its score says nothing that this could not say, and is left out of RL unless stages.rl.trajectoryTerm is always.`;
  const care = rewardModel.authorsSeparated
    ? "\nCare: every chosen side was written by a repairer that wrote no rejected one, so these pairs cannot tell a sense of quality from a sense of style."
    : "";
  const title = marked(`held-out pairs told apart (${rewardModel.pairs})`, stages["reward-model"]?.outOfDate);
  return [table([title, "share, 95 % interval"], rows), `${verdict}${care}`, ...pairKinds(rewardModel)].join("\n");
}

/** By kind of pair, each beside the rule that does best on it; and the pairs that were not learnt from. */
function pairKinds({ kinds = {}, sources = {} }: RewardModelReport): readonly string[] {
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
    ...(rows.length === 0 ? [] : [table(["kind of pair", "held out", "the reward model", "best rule on these"], rows)]),
    ...(leftOut.length === 0 ? [] : [`Pairs left out: ${leftOut.join(", ")}.`]),
  ];
}

function evaluationTable({ evaluation }: RunSummary): string {
  if (evaluation === null) return "";
  const sampled = evaluation.models.some((model) => model.sampled !== null);
  const best = evaluation.models.some((model) => model.sampled?.best != null);
  const rules = [...new Set(evaluation.models.flatMap(({ otherRules }) => Object.keys(otherRules)))];
  const { samples: k = 0, passAt = {} } = evaluation.models.find((model) => model.sampled !== null)?.sampled ?? {};
  // pass@1 is avg@k.
  const passes = [...new Set([...Object.keys(passAt), String(k)])].filter((at) => at !== "1" || k === 1);
  const stored = evaluation.models.some(({ precision }) => precision !== undefined);
  const header = [
    "model",
    "questions",
    "right, greedy (95 % interval)",
    ...(sampled ? [`avg@${k}`, ...passes.map((at) => `pass@${at}`), `maj@${k}`] : []),
    ...(best ? [`best of ${k}`] : []),
    ...rules,
    "calls",
    "words",
    ...(stored ? ["weights"] : []),
  ];
  const rows = evaluation.models.map((model) => [
    marked(model.model, model.outOfDate),
    count(model.questions),
    model.greedy === null ? "–" : estimate(model.greedy),
    ...(sampled ? [model.sampled?.average, ...passes.map((at) => passOf(model, at, k)), model.sampled?.majority].map(short) : []),
    ...(best ? [short(model.sampled?.best ?? undefined)] : []),
    ...rules.map((rule) => short(model.otherRules[rule])),
    model.toolCalls === null ? "–" : model.toolCalls.toFixed(2),
    model.words === null ? "–" : model.words.toFixed(0),
    ...(stored ? [model.precision ?? "–"] : []),
  ]);
  const differences = evaluation.comparisons.map(
    ({ model, against, difference, better, worse, p }) =>
      `${model} − ${against}: ${signed(difference.value)} (${signed(difference.low)} to ${signed(difference.high)}); ${better} better, ${worse} worse, McNemar p ${p < 0.001 ? "< 0.001" : p.toFixed(3)}`,
  );
  const stale = evaluation.models.flatMap(({ model, outOfDate }) =>
    outOfDate === undefined ? [] : [`${model} is out of date, and compared with nothing: ${outOfDate}.`],
  );
  const { leakage } = evaluation;
  const leaks =
    leakage === null || leakage.sameText.length + leakage.overlapping.length === 0
      ? []
      : [
          `Care: ${leakage.sameText.length} of ${leakage.evaluated} held-out questions are also trained on, ${leakage.overlapping.length} overlap (evaluation/evaluation.json).`,
        ];
  return [table(header, rows), ...differences, ...stale, ...leaks].join("\n");
}

function passOf({ sampled }: ModelEvaluation, at: string, samples: number): Estimate | undefined {
  return sampled?.passAt?.[at] ?? (at === String(samples) ? sampled?.pass : undefined);
}

function estimate({ value, low, high, n }: Estimate): string {
  return n === 0 ? "–" : `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}

function short(value: Estimate | undefined): string {
  return value === undefined || value.n === 0 ? "–" : value.value.toFixed(3);
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}

function spending({ seconds: parts, usage }: RunSummary): string {
  const known = Object.keys(TIMES);
  const named = [...known, ...Object.keys(parts).filter((part) => !known.includes(part))];
  const time = named.flatMap((part) => (parts[part] === undefined ? [] : [`${TIMES[part] ?? part} ${seconds(parts[part])}`])).join(", ");
  const tokens = Object.entries(usage).map(([policy, { calls, promptTokens, cachedTokens, completionTokens, usd }]) => {
    const price = usd === null ? "" : `, $${usd.toFixed(4)}`;
    return `${policy}: ${count(calls)} model calls, ${count(promptTokens)} prompt tokens (${count(cachedTokens)} cached), ${count(completionTokens)} written${price}`;
  });
  return [time === "" ? "" : `time: ${time} (parts overlap)`, ...tokens].filter((line) => line !== "").join("\n");
}

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

function mean(value: number | null): string {
  return value === null ? "–" : value.toFixed(2);
}

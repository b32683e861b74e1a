/** What a run would ask, write, cost and take, from what an earlier run of the preset did; and what nobody can know before. */
import { counted, type Policy } from "@autotraj/core";
import type { RecordedFigures, Spent } from "./recorded.ts";

export interface PlannedRun {
  readonly questions: number;
  readonly candidatesPerQuestion: number;
  /** Stages that it would do, by name. */
  readonly stages: readonly string[];
  readonly policies: ReadonlyMap<string, Pick<Policy, "model" | "price" | "priceFrom">>;
}

export interface EstimatedSpending extends Spent {
  /** Null where the policy's price is not known. */
  readonly usd: number | null;
}

export interface Estimate {
  readonly from: { readonly runDir: string; readonly questions: number };
  readonly spending: readonly EstimatedSpending[];
  readonly total: { readonly calls: number; readonly promptTokens: number; readonly completionTokens: number; readonly usd: number | null };
  /** By how much of itself the total may well be off, as far as questions differ from each other; null where one question was recorded. */
  readonly margin: number | null;
  /** Of the loop. */
  readonly loopSeconds: number | null;
  /** As recorded; null for a stage that the earlier run did not do. */
  readonly stageSeconds: Readonly<Record<string, number | null>>;
  /** What these figures do not know, one sentence each. */
  readonly unknown: readonly string[];
}

/** 95 of 100 times a mean of many lies within so many standard errors. */
const WITHIN = 1.96;

export function estimate(recorded: RecordedFigures, planned: PlannedRun): Estimate {
  const perCandidate = planned.candidatesPerQuestion / Math.max(recorded.candidates / recorded.questions, 1e-9);
  const scale = (planned.questions / recorded.questions) * perCandidate;
  const spending = recorded.spent.map((spent) => scaled(spent, scale, planned));
  const usd = spending.some((one) => one.usd === null) ? null : sum(spending, (one) => one.usd ?? 0);
  const { loop } = recorded.seconds;
  return {
    from: { runDir: recorded.runDir, questions: recorded.questions },
    spending,
    total: {
      calls: sum(spending, ({ calls }) => calls),
      promptTokens: sum(spending, ({ promptTokens }) => promptTokens),
      completionTokens: sum(spending, ({ completionTokens }) => completionTokens),
      usd,
    },
    margin: marginOf(recorded.perQuestion, planned.questions),
    loopSeconds: loop === undefined ? null : loop * scale,
    stageSeconds: Object.fromEntries(planned.stages.map((name) => [name, recorded.seconds[name] ?? null])),
    unknown: unknowns(recorded, planned),
  };
}

function scaled(spent: Spent, scale: number, { policies }: PlannedRun): EstimatedSpending {
  const { calls, promptTokens, cachedTokens, completionTokens } = spent;
  const [prompt, cached, written] = [promptTokens * scale, cachedTokens * scale, completionTokens * scale];
  const price = policies.get(spent.policy)?.price;
  const usd =
    price === undefined ? null : ((prompt - cached) * price.input + cached * (price.cachedInput ?? price.input) + written * price.output) / 1e6;
  return {
    ...{ part: spent.part, policy: spent.policy, usd },
    calls: Math.round(calls * scale),
    promptTokens: Math.round(prompt),
    cachedTokens: Math.round(cached),
    completionTokens: Math.round(written),
  };
}

/** The recorded questions are a sample, and so are those to come. */
function marginOf(written: readonly number[], questions: number): number | null {
  const n = written.length;
  const mean = sum(written, (one) => one) / Math.max(n, 1);
  if (n < 2 || mean === 0 || questions === 0) return null;
  const deviation = Math.sqrt(sum(written, (one) => (one - mean) ** 2) / (n - 1));
  return WITHIN * (deviation / mean) * Math.sqrt(1 / n + 1 / questions);
}

function unknowns({ models, seconds, spent, questions }: RecordedFigures, { policies, stages }: PlannedRun): readonly string[] {
  const asked = [...new Set(spent.map(({ policy }) => policy))];
  const others = asked.flatMap((id) => {
    const now = policies.get(id)?.model;
    return models[id] === undefined || now === undefined || models[id] === now
      ? []
      : [`${id} was ${models[id]} then and is ${now} now: lengths and times may be others.`];
  });
  const unpriced = asked.filter((id) => policies.get(id)?.price === undefined);
  const unseen = stages.filter((name) => seconds[name] === undefined);
  return [
    ...others,
    ...(unpriced.length === 0
      ? []
      : [
          `What ${unpriced.join(" and ")} costs: no price is known. Set plugins.${unpriced[0]}.options.price, where the policy has one; a model of your own costs time only.`,
        ]),
    ...(unseen.length === 0 ? [] : [`How long ${unseen.join(", ")} would take: the earlier run did not do ${unseen.length === 1 ? "it" : "them"}.`]),
    ...(Object.keys(seconds).some((name) => stages.includes(name)) ? ["Stages are told as they were recorded: more rows take longer."] : []),
    ...(questions < FEW
      ? [`${counted(questions, "question")} ${questions === 1 ? "is" : "are"} few: repairs need kept examples, which come only with more of them.`]
      : []),
  ];
}

const FEW = 10;

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

/** Which figures of which trainer belong into one chart: each backend has its own names for the same thing. */
import type { TrainedStage } from "../../../src/learning-api.ts";

interface ChartKind {
  readonly title: string;
  readonly takes: RegExp;
}

/** In the order in which they are looked at. Names are those of TRL, LLaMA-Factory, verl and AutoTraj. */
const KINDS: readonly ChartKind[] = [
  { title: "Loss", takes: /^(?:loss|train_loss|train\/loss|actor\/pg_loss)$/ },
  { title: "Held-out loss", takes: /^(?:eval_loss|heldOutLoss|val\/loss)$/ },
  { title: "Reward", takes: /^(?:reward|mean_reward|critic\/rewards\/mean)$/ },
  { title: "Terms of the reward", takes: /^terms\// },
  { title: "Length, tokens", takes: /^(?:completions\/mean_length|completionTokens|response_length\/mean)$/ },
  { title: "Tool calls, turns", takes: /^(?:toolCalls|tools\/call_frequency|turns|num_turns\/mean)$/ },
  { title: "KL to the model it starts from", takes: /^(?:kl|actor\/kl_loss)$/ },
  { title: "Pairs told apart", takes: /^(?:accuracy|rewards\/accuracies)$/ },
  { title: "Margin", takes: /^(?:margin|rewards\/margins)$/ },
  { title: "Without a reward, or all alike", takes: /^(?:invalid|groupsWithoutVariance)$/ },
  { title: "Entropy", takes: /^(?:entropy|actor\/entropy)$/ },
  { title: "Gradient norm", takes: /^(?:grad_norm|gradNorm|train\/grad_norm|actor\/grad_norm)$/ },
  { title: "Learning rate", takes: /^(?:lr|learning_rate|learningRate|train\/lr|actor\/lr)$/ },
  { title: "Tokens per second", takes: /^(?:tokensPerSecond|throughput|perf\/throughput)$/ },
];
/** Says nothing beside the steps. */
const LEFT_OUT = /^epoch$/;

export interface StageLines {
  readonly stage: TrainedStage;
  /** Metrics of the stage that belong here. */
  readonly metrics: readonly string[];
  /** Of all trainings of this stage, its rounds and ablations, so that they can be compared; undefined where nothing is known. */
  readonly range: readonly [number, number] | undefined;
}

export interface ChartRow {
  readonly title: string;
  readonly lines: readonly StageLines[];
}

/** A chart per kind with the stages that have it; what belongs to no kind, by its own name, last. */
export function chartsOf(stages: readonly TrainedStage[]): { readonly main: readonly ChartRow[]; readonly others: readonly ChartRow[] } {
  const names = new Set(stages.flatMap(({ curves }) => Object.keys(curves.metrics)));
  const unknown = [...names].filter((name) => !LEFT_OUT.test(name) && !KINDS.some(({ takes }) => takes.test(name))).sort();
  const chart = (title: string, takes: (name: string) => boolean): ChartRow[] => {
    const found = stages
      .map((stage) => ({ stage, metrics: Object.keys(stage.curves.metrics).filter(takes) }))
      .filter(({ metrics }) => metrics.length > 0);
    const alike = Map.groupBy(found, ({ stage }) => stage.stage);
    const lines = found.map((one) => ({ ...one, range: rangeOf(alike.get(one.stage.stage) ?? []) }));
    return lines.length === 0 ? [] : [{ title, lines }];
  };
  return {
    main: KINDS.flatMap(({ title, takes }) => chart(title, (name) => takes.test(name))),
    others: unknown.flatMap((name) => chart(name, (one) => one === name)),
  };
}

function rangeOf(lines: readonly Omit<StageLines, "range">[]): readonly [number, number] | undefined {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { stage, metrics } of lines)
    for (const name of metrics)
      for (const value of stage.curves.metrics[name] ?? []) {
        if (value === null) continue;
        least = Math.min(least, value);
        most = Math.max(most, value);
      }
  if (least > most) return undefined;
  // A flat line lies in the middle of its chart.
  const margin = most === least ? Math.max(Math.abs(most), 1e-9) * 0.5 : (most - least) * 0.05;
  return [least - margin, most + margin];
}

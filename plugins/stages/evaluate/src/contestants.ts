/** Which models an evaluation compares: the policy as it is, with the preset's worked examples too where it has any, then what the stages left. */
import type { Query, StageContext, TrainedModel } from "@autotraj/core/plugin";

/** A model to evaluate. */
export interface Contestant extends Pick<TrainedModel, "artifact" | "outOfDate"> {
  /** What it is called in tables. */
  readonly model: string;
  /** Its folder; null: the policy's own weights. */
  readonly path: string | null;
  /** Whether it is shown the preset's worked examples. */
  readonly examples: boolean;
  /** Models it is compared with. */
  readonly against: readonly string[];
}

/**
 * Models are compared with what came last before them: never with an ablation's, which nothing goes on from. A stage's model is compared with the base model
 * and with what came before it; an ablation's with the same, and the stage's with the ablation's.
 */
export async function contestantsOf(context: StageContext, questions: AsyncIterable<Query>): Promise<readonly Contestant[]> {
  const base: Contestant = { model: "base", path: null, examples: false, against: [] };
  const shown = { ...base, model: "base+examples", examples: true, against: ["base"] };
  const found = (await hasExamples(context, questions)) ? [base, shown] : [base];
  let last = found.at(-1)?.model ?? "base";
  const [trained, others] = [
    context.models().filter(({ stage }) => stage !== undefined),
    context.models().filter(({ stage }) => stage === undefined),
  ];
  for (const group of groupsOf(trained)) {
    const before = [...new Set(["base", last])];
    const ablations = group.filter(({ isAblation }) => isAblation).map(({ model }) => model);
    found.push(...group.map(({ isAblation, ...one }) => ({ ...one, examples: false, against: isAblation ? before : [...before, ...ablations] })));
    last = group.find(({ isAblation }) => !isAblation)?.model ?? last;
  }
  return [...found, ...others.map(({ model, path }) => ({ model, path, examples: false, against: [last] }))];
}

/** What one stage left in one round: its own model with those of its ablations. */
function groupsOf(models: readonly TrainedModel[]): readonly (readonly TrainedModel[])[] {
  const groups: TrainedModel[][] = [];
  for (const one of models) {
    const group = groups.at(-1);
    if (group !== undefined && group[0]?.stage === one.stage && (one.isAblation || group.every(({ isAblation }) => isAblation))) group.push(one);
    else groups.push([one]);
  }
  return groups;
}

async function hasExamples(context: StageContext, questions: AsyncIterable<Query>): Promise<boolean> {
  for await (const query of questions) {
    const request = await context.ask(query);
    if (!("drop" in request)) return request.examples.length > 0;
  }
  return false;
}

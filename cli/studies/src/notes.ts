/** What speaks against comparing a study's arms, or for care with its intervals. */
import type { Study } from "./definition.ts";
import type { ArmResult, Beginning, Effort, StudyResult } from "./result.ts";

/** Arms whose steps or loss tokens differ by more have not learnt equally long. */
const TOLERANCE = 0.05;

export function notesOf(
  { arms, comparisons, references }: Pick<StudyResult, "arms" | "comparisons" | "references">,
  study: Study,
  beginning: Beginning,
): readonly string[] {
  const done = arms.filter(({ runs }) => runs.length > 0);
  const stages = [...new Set(done.flatMap(({ runs }) => runs.flatMap(({ trainings }) => Object.keys(trainings))))];
  const later = study.seeds.filter((seed) => !beginning.seeds.includes(seed));
  return [
    ...stages.flatMap((stage) => [unequal(done, stage, "steps", "steps"), unequal(done, stage, "lossTokens", "loss tokens")].flat()),
    ...otherData(done, stages),
    ...failures(done),
    ...precisions(done, references),
    ...(study.seeds.length === 1
      ? ["One seed: the intervals say how far the questions could mislead, and nothing of how far another training would differ."]
      : []),
    ...(study.seeds.length > 1 && study.seeds.length < 5
      ? [`${study.seeds.length} seeds are few: how much trainings differ is itself known roughly, and so are the intervals.`]
      : []),
    ...comparisons
      .filter(({ addedLater }) => addedLater)
      .map(({ arm, against }) => `${arm} − ${against} was not asked for when the study began: read it as a suggestion.`),
    ...(later.length === 0 ? [] : [`Seeds added after the study had begun: ${later.join(", ")}.`]),
  ];
}

/** Compared as means over an arm's runs. */
function unequal(arms: readonly ArmResult[], stage: string, figure: "steps" | "lossTokens", what: string): readonly string[] {
  const given = arms.flatMap(({ arm, runs }) => {
    const values = runs.flatMap(({ trainings }) => trainings[stage]?.[figure] ?? []);
    return values.length === 0 ? [] : [{ arm, value: values.reduce((sum, value) => sum + value, 0) / values.length }];
  });
  if (given.length < arms.length) return given.length === 0 ? [] : [`${what} of ${stage} are not known of all arms, and not compared.`];
  const [least, most] = [given.toSorted((a, b) => a.value - b.value)[0], given.toSorted((a, b) => b.value - a.value)[0]];
  if (least === undefined || most === undefined || most.value <= least.value * (1 + TOLERANCE)) return [];
  const percent = ((most.value / least.value - 1) * 100).toFixed(0);
  return [`Unequal ${what} of ${stage}: ${most.arm} has ${percent} % more than ${least.arm} (${rounded(most.value)}, ${rounded(least.value)}).`];
}

/** A training seed changes no row: an arm whose data sets differ was made by a loop that cannot be repeated. */
function otherData(arms: readonly ArmResult[], stages: readonly string[]): readonly string[] {
  return arms.flatMap(({ arm, runs }) =>
    stages.flatMap((stage) => {
      const data = runs.map(({ trainings }: { readonly trainings: Readonly<Record<string, Effort>> }) => trainings[stage]?.data);
      return new Set(data).size > 1
        ? [`The runs of ${arm} did not learn ${stage} from the same rows: their loops differ by more than the training seed.`]
        : [];
    }),
  );
}

function failures(arms: readonly ArmResult[]): readonly string[] {
  const failed = arms.flatMap(({ arm, runs }) =>
    runs.filter((run) => run.failed > 0).map(({ seed, failed: many }) => `${many} in ${arm}, seed ${seed}`),
  );
  return failed.length === 0
    ? []
    : [`Questions of the loop that failed, and that nothing was learnt from: ${failed.join("; ")}. \`autotraj resume\` on the run tries them again.`];
}

function precisions(arms: readonly ArmResult[], references: StudyResult["references"]): readonly string[] {
  const trained = [...new Set(arms.flatMap(({ runs }) => runs.flatMap(({ precision }) => precision ?? [])))];
  const untrained = [...new Set(references.flatMap(({ precision }) => precision ?? []))];
  return [
    ...(trained.length > 1 ? [`Models were evaluated with weights stored in different ways: ${trained.join(", ")}.`] : []),
    ...(trained.length > 0 && untrained.some((one) => !trained.includes(one))
      ? [
          `Trained models were evaluated in ${trained.join(", ")}, the untrained policy in ${untrained.join(", ")}: between the two lies more than training.`,
        ]
      : []),
  ];
}

function rounded(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

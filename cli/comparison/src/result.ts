/** What comparisons are made of, as data. `a` is what was named first, `b` what is compared with it: differences are `b` minus `a`. */
import type { Estimate } from "@autotraj/core";
import { type ComparedAnswers, compareModels } from "@autotraj/statistics/intervals";

/** Something that is one thing here and another there; null where it is not there at all. */
export interface Difference {
  readonly what: string;
  readonly a: string | null;
  readonly b: string | null;
}

/** The questions that both have, each with a value in [0, 1] on both sides. */
export interface QuestionComparison {
  /** Questions in both, and in one only. */
  readonly common: number;
  readonly onlyA: number;
  readonly onlyB: number;
  /** Over the common ones; of none, the whole range that it could have, with `n` 0. */
  readonly meanA: number;
  readonly meanB: number;
  /** Paired by question, with its 95 % interval. */
  readonly difference: Estimate;
  /** Exact two-sided sign test of how many are better and worse: of single answers, McNemar's. */
  readonly p: number;
  /** Ids of the questions on which `b` does better, and worse. */
  readonly better: readonly string[];
  readonly worse: readonly string[];
}

/** Of the bootstrap: the same answers give the same intervals. */
const BOOTSTRAP_SEED = 1;

export function compareQuestions(a: ComparedAnswers, b: ComparedAnswers): QuestionComparison {
  const common = [...a].flatMap(([id, before]) => {
    const after = b.get(id);
    return after === undefined ? [] : [{ id, before, after }];
  });
  const mean = (values: readonly number[]) => (values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length);
  const { difference, p } = compareModels(b, a, BOOTSTRAP_SEED);
  return {
    ...{ common: common.length, onlyA: a.size - common.length, onlyB: b.size - common.length },
    ...{ meanA: mean(common.map(({ before }) => before)), meanB: mean(common.map(({ after }) => after)), difference, p },
    better: common.filter(({ before, after }) => after > before).map(({ id }) => id),
    worse: common.filter(({ before, after }) => after < before).map(({ id }) => id),
  };
}

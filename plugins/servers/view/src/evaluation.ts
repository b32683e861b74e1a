/** Models on the same questions: the run's own figures, and which questions each of two has right. */
import type { DatabaseSync } from "node:sqlite";
import type { SftRow } from "@autotraj/core/plugin";
import { isRight } from "@autotraj/core/plugin";
import { type ModelComparison, readEvaluation } from "@autotraj/core/reports";
import { comparedBeside } from "./comparing.ts";
import { answeredModels, answerPlace, fileOf, type IndexedFile, outcomes, questionPage, rightAnswers } from "./index-store/row-reader.ts";
import type { AnswersAnswer, EvaluatedSide, EvaluationAnswer, Outcome, QuestionPage } from "./learning-api.ts";
import { there } from "./problem.ts";
import { Remembered } from "./remembered.ts";
import { comparedSide, rowAt, trajectoryIn } from "./row-view.ts";
import { metaJson, metaOf, readRun } from "./run-folder.ts";
import type { Showing } from "./trajectory-view.ts";

/** Of the bootstrap, where the run itself has not compared the two: `autotraj compare` has the same. */
const SEED = 1;

export function evaluationOf(folder: string, index: DatabaseSync | undefined): EvaluationAnswer {
  const policy = readRun(folder, recordedPolicy);
  return { summary: readEvaluation(folder, policy) ?? null, answered: index === undefined ? [] : answeredModels(index) };
}

/** What the policy that writes the candidates was known by when the run was last worked on: a row of another one is out of date. */
function recordedPolicy(run: DatabaseSync): string | undefined {
  const policies = (metaJson(run, "policies") ?? {}) as Readonly<Record<string, { readonly identity?: string }>>;
  return policies[metaOf(run, "policy") ?? ""]?.identity;
}

interface Asked {
  readonly a: string;
  readonly b: string;
  readonly outcome: Outcome | undefined;
  /** The place of the last row of the page before. */
  readonly after: number | undefined;
}

export function questionsOf(index: DatabaseSync, { a, b, outcome, after }: Asked): QuestionPage {
  const files = [answersOf(index, a), answersOf(index, b)] as const;
  return { counts: outcomes(index, ...files), ...questionPage(index, files, outcome, after ?? -1) };
}

function answersOf(index: DatabaseSync, model: string): IndexedFile {
  return there(fileOf(index, "answers", model), "The run has evaluated no model of this name, or its answers are not read yet.");
}

const compared = new Remembered<Promise<ModelComparison>>();

/** The run's own figures, either way round; what it has not compared is compared beside the server: that takes seconds where there are many questions. */
export function comparisonOf(folder: string, index: DatabaseSync, { a, b }: Pick<Asked, "a" | "b">): Promise<ModelComparison> {
  const files = [answersOf(index, a), answersOf(index, b)] as const;
  const known = readEvaluation(folder)?.comparisons ?? [];
  const same = known.find(({ model, against }) => model === a && against === b);
  if (same !== undefined) return Promise.resolve(same);
  const reverse = known.find(({ model, against }) => model === b && against === a);
  if (reverse !== undefined) return Promise.resolve(turnedRound(reverse));
  const stamp = files.map(({ stamp, rows, complete }) => `${stamp} ${rows} ${complete}`).join(" ");
  const name = JSON.stringify([folder, a, b]);
  return compared.get(name, stamp, async () => {
    const [right, others] = [rightAnswers(index, files[0]), rightAnswers(index, files[1])];
    try {
      return { model: a, against: b, ...(await comparedBeside({ right, others, seed: SEED })) };
    } catch (error) {
      compared.forget(name);
      throw error;
    }
  });
}

function turnedRound({ model, against, difference: { value, low, high, n }, better, worse, p }: ModelComparison): ModelComparison {
  return { model: against, against: model, difference: { value: 0 - value, low: 0 - high, high: 0 - low, n }, better: worse, worse: better, p };
}

interface AnswerRow {
  readonly greedy?: unknown;
  readonly samples?: unknown;
}

/** The trajectory that a model answered a question with. @param sample 0: the greedy one @throws Problem where there is none */
export function answerRow(index: DatabaseSync, { model, question, sample }: AnswerPlace): { readonly row: SftRow; readonly all: readonly SftRow[] } {
  const file = answersOf(index, model);
  const { greedy, samples } = rowAt<AnswerRow>(file, there(answerPlace(index, file, question), "This model was not asked this question."));
  const all = [greedy, ...(Array.isArray(samples) ? samples : [])].map(trajectoryIn);
  return { row: there(all[sample], "There is no such sample."), all };
}

export interface AnswerPlace {
  readonly model: string;
  readonly question: string;
  readonly sample: number;
}

export function answersTo(
  [run, index]: readonly [DatabaseSync, DatabaseSync],
  places: Readonly<Record<"a" | "b", AnswerPlace>>,
  dialects: Showing["dialects"],
): AnswersAnswer {
  const side = (place: AnswerPlace): EvaluatedSide => {
    const { row, all } = answerRow(index, place);
    const textsAt = `evaluation/text?${new URLSearchParams({ ...place, sample: String(place.sample) })}&`;
    return {
      ...comparedSide(row, run, { dialects, textsAt }),
      model: place.model,
      right: all.map(({ scores }) => isRight(scores?.["correctness"]) === true),
      sample: place.sample,
    };
  };
  const [a, b] = [side(places.a), side(places.b)];
  const { question, answers, row } = a.trajectory;
  return { question, answers, task: row.task, a, b };
}

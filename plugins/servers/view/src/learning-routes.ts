/** Routes of what was learnt from a run: pairs, reward models, evaluation, training. */
import type { DatabaseSync } from "node:sqlite";
import type { Dialects, SftRow } from "@autotraj/core/plugin";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { TextAnswer } from "./api.ts";
import { type AnswerPlace, answerRow, answersTo, comparisonOf, evaluationOf, questionsOf } from "./evaluation.ts";
import { heldOutOf } from "./index-store/row-files.ts";
import {
  fileOf,
  type IndexedFile,
  neighbours,
  type PairFilter,
  pairAt,
  pairPage,
  pairSets,
  type StoredPair,
  shownPair,
} from "./index-store/row-reader.ts";
import type { ComparisonAnswer, PairAnswer, PairPage, RewardModelReport, RewardModelsAnswer, TrainingAnswer } from "./learning-api.ts";
import { leftStages } from "./left-stages.ts";
import { Problem, there } from "./problem.ts";
import { choiceIn, cursorIn, numberIn, queryOf, textPlaceIn } from "./requests.ts";
import { comparedSide, rowAt, runRowOf, trajectoryIn } from "./row-view.ts";
import { readRun, summaryOf } from "./run-folder.ts";
import { trainedStages } from "./training/stages.ts";
import { pieceOf } from "./trajectory-view.ts";
import type { ViewedRun } from "./viewed-run.ts";

type Asked = FastifyRequest<{ Params: { run: string; set: string; place: string } }>;
type Side = "chosen" | "rejected";
type PairLine = Readonly<Record<Side, unknown>>;

export interface LearningParts {
  readonly run: (request: Asked) => ViewedRun;
  readonly dialects: Dialects;
}

export function addLearningRoutes(app: FastifyInstance, { run, dialects }: LearningParts): void {
  app.get("/api/runs/:run/pairs", (request: Asked) => {
    const query = queryOf(request);
    const [after, nothing] = [cursorIn(query), { sets: [], set: null, kinds: [], rows: [], next: null, count: 0 }];
    return run(request).reader.ask<PairPage>(nothing, (index) => pairPage(index, query.get("set") ?? undefined, pairFilterIn(query), after));
  });
  app.get("/api/runs/:run/pairs/:set/:place", (request: Asked) => pairAnswer(request, run(request), dialects));
  app.get("/api/runs/:run/pairs/:set/:place/text", (request: Asked) => {
    const query = queryOf(request);
    const side = choiceIn(query, "side", ["chosen", "rejected"]) ?? "chosen";
    return indexed(run(request), (index) => piece(trajectoryIn(pairLine(index, request).line[side]), query, dialects));
  });
  app.get("/api/runs/:run/reward-models", (request: Asked) => rewardModelsOf(run(request)));
  app.get("/api/runs/:run/evaluation", (request: Asked) => {
    const { folder, reader } = run(request);
    return evaluationOf(
      folder,
      reader.ask(undefined, (index) => index),
    );
  });
  app.get("/api/runs/:run/evaluation/questions", (request: Asked) => {
    const query = queryOf(request);
    const asked = {
      a: query.get("a") ?? "",
      b: query.get("b") ?? "",
      outcome: choiceIn(query, "outcome", ["a", "b", "both", "neither"]),
      after: query.has("after") ? numberIn(query, "after") : undefined,
    };
    return indexed(run(request), (index) => questionsOf(index, asked));
  });
  app.get("/api/runs/:run/evaluation/comparison", (request: Asked): Promise<ComparisonAnswer> => {
    const query = queryOf(request);
    const viewed = run(request);
    return indexed(viewed, (index) => comparisonOf(viewed.folder, index, { a: query.get("a") ?? "", b: query.get("b") ?? "" }));
  });
  app.get("/api/runs/:run/evaluation/answers", (request: Asked) => {
    const query = queryOf(request);
    const place = (side: "a" | "b", sample: string): AnswerPlace => ({
      model: query.get(side) ?? "",
      question: query.get("question") ?? "",
      sample: numberIn(query, sample),
    });
    const places = { a: place("a", "sampleA"), b: place("b", "sampleB") };
    const viewed = run(request);
    return indexed(viewed, (index) => readRun(viewed.folder, (store) => answersTo([store, index], places, dialects)));
  });
  app.get("/api/runs/:run/evaluation/text", (request: Asked) => {
    const query = queryOf(request);
    const place = { model: query.get("model") ?? "", question: query.get("question") ?? "", sample: numberIn(query, "sample") };
    return indexed(run(request), (index) => piece(answerRow(index, place).row, query, dialects));
  });
  app.get("/api/runs/:run/training", (request: Asked): TrainingAnswer => {
    const viewed = run(request);
    return { state: viewed.entry().state, stages: trainedStages(viewed.folder) };
  });
}

/** @throws Problem where nothing is indexed yet */
function indexed<T>({ reader }: ViewedRun, ask: (index: DatabaseSync) => T): T {
  return there(reader.ask<T | undefined>(undefined, ask), "This is not indexed yet. Ask again in a moment.");
}

function pairFilterIn(query: URLSearchParams): PairFilter {
  return {
    kind: query.get("kind") ?? undefined,
    told: choiceIn(query, "told", ["right", "wrong", "unscored"]),
    sort: choiceIn(query, "sort", ["margin"]) ?? "place",
    descending: query.get("order") === "desc",
  };
}

function pairLine(index: DatabaseSync, { params }: Asked): { file: IndexedFile; pair: StoredPair; line: PairLine } {
  const file = there(fileOf(index, "pairs", params.set), "The run has no such set of pairs.");
  if (!/^\d{1,15}$/.test(params.place)) throw new Problem(400, "BAD_REQUEST", "The place of a pair is a whole number from 0.");
  const pair = there(pairAt(index, file, Number(params.place)), "The set has no such pair.");
  return { file, pair, line: rowAt<PairLine>(file, pair) };
}

function pairAnswer(request: Asked, viewed: ViewedRun, dialects: Dialects): PairAnswer {
  return indexed(viewed, (index) =>
    readRun(viewed.folder, (store) => {
      const { file, pair, line } = pairLine(index, request);
      const side = (name: Side) =>
        comparedSide(trajectoryIn(line[name]), store, {
          dialects,
          textsAt: `pairs/${encodeURIComponent(file.name)}/${pair.place}/text?side=${name}&`,
        });
      return {
        pair: shownPair(pair),
        scores: { chosen: pair.chosen_score, rejected: pair.rejected_score },
        judge: pair.judge,
        chosen: side("chosen"),
        rejected: side("rejected"),
        ...neighbours(index, file, pairFilterIn(queryOf(request)), pair),
      };
    }),
  );
}

/** Stages of others may keep something else under this name. */
function isReport(report: Partial<RewardModelReport> | undefined): report is RewardModelReport {
  const { accuracy, baselines, calibration } = report ?? {};
  return typeof accuracy?.value === "number" && typeof baselines === "object" && baselines !== null && Array.isArray(calibration);
}

function piece(row: SftRow, query: URLSearchParams, dialects: Dialects): TextAnswer {
  return there(pieceOf(runRowOf(row, undefined), textPlaceIn(query), dialects));
}

function rewardModelsOf({ folder, reader }: ViewedRun): RewardModelsAnswer {
  const known = (summaryOf(folder)?.["stages"] ?? {}) as Readonly<Record<string, { readonly outOfDate?: string | null }>>;
  const sets = reader.ask([], (index) => pairSets(index).map(({ name }) => name));
  return {
    models: leftStages(folder, ["reward-model"]).flatMap(({ name, artifact: { report } }) =>
      !isReport(report)
        ? []
        : [{ name, report, outOfDate: known[name]?.outOfDate ?? null, set: sets.find((set) => set === heldOutOf(name)) ?? null }],
    ),
  };
}

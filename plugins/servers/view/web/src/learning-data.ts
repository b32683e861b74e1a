/** Asks the server about what was learnt: pairs, evaluation, training. */
import { keepPreviousData, queryOptions, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type {
  AnswersAnswer,
  ComparisonAnswer,
  EvaluationAnswer,
  PairAnswer,
  PairPage,
  QuestionPage,
  RewardModelsAnswer,
  TrainingAnswer,
} from "../../src/learning-api.ts";
import { ask, at, FILLING_MS, LIVE_MS } from "./data.ts";

export function usePairs(run: string, query: string) {
  return useInfiniteQuery({
    queryKey: ["pairs", run, query],
    queryFn: ({ pageParam, signal }) =>
      ask<PairPage>(at(run, `pairs?${query}${pageParam === null ? "" : `&after=${encodeURIComponent(pageParam)}`}`), signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) => (data?.pages.at(-1)?.sets.some(({ complete }) => !complete) === true ? FILLING_MS : false),
  });
}

/** @param query of the list that it stands in */
export function usePair(run: string, { set, place, query }: { readonly set: string; readonly place: string; readonly query: string }) {
  return useQuery({
    queryKey: ["pair", run, set, place, query],
    queryFn: ({ signal }) => ask<PairAnswer>(at(run, `pairs/${encodeURIComponent(set)}/${encodeURIComponent(place)}?${query}`), signal),
    placeholderData: keepPreviousData,
  });
}

export function useRewardModels(run: string) {
  return useQuery({ queryKey: ["reward-models", run], queryFn: ({ signal }) => ask<RewardModelsAnswer>(at(run, "reward-models"), signal) });
}

export const evaluationQuery = (run: string) =>
  queryOptions({
    queryKey: ["evaluation", run],
    queryFn: ({ signal }) => ask<EvaluationAnswer>(at(run, "evaluation"), signal),
    refetchInterval: ({ state: { data, dataUpdateCount } }) =>
      data !== undefined && isBeingRead(data) && dataUpdateCount < MOST_LOOKS ? FILLING_MS : false,
  });

export function useEvaluation(run: string) {
  return useQuery(evaluationQuery(run));
}

/** A model whose file of answers is gone has none however often it is looked for. */
const MOST_LOOKS = 100;

/** Models of the table whose answers are still to come. */
function isBeingRead({ summary, answered }: EvaluationAnswer): boolean {
  return summary !== null && (answered.length < summary.models.length || answered.some(({ complete }) => !complete));
}

export function useComparison(run: string, models: { readonly a: string; readonly b: string }) {
  const query = new URLSearchParams(models).toString();
  return useQuery({
    queryKey: ["comparison", run, query],
    queryFn: ({ signal }) => ask<ComparisonAnswer>(at(run, `evaluation/comparison?${query}`), signal),
  });
}

export function useQuestions(run: string, query: string) {
  return useInfiniteQuery({
    queryKey: ["questions", run, query],
    queryFn: ({ pageParam, signal }) =>
      ask<QuestionPage>(at(run, `evaluation/questions?${query}${pageParam === null ? "" : `&after=${encodeURIComponent(pageParam)}`}`), signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
  });
}

export function useAnswers(run: string, query: string) {
  return useQuery({
    queryKey: ["answers", run, query],
    queryFn: ({ signal }) => ask<AnswersAnswer>(at(run, `evaluation/answers?${query}`), signal),
    placeholderData: keepPreviousData,
  });
}

/** Follows a run that goes on. */
export function useTraining(run: string) {
  return useQuery({
    queryKey: ["training", run],
    queryFn: ({ signal }) => ask<TrainingAnswer>(at(run, "training"), signal),
    refetchInterval: ({ state: { data } }) => (data === undefined || data.state === "finished" ? false : LIVE_MS),
  });
}

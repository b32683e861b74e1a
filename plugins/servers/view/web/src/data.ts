/** Asks the server. Whatever it refuses is an error with its own words. */
import { keepPreviousData, queryOptions, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type {
  CountAnswer,
  ErrorAnswer,
  Overview,
  RepairAnswer,
  RunsAnswer,
  TextAnswer,
  TimingsAnswer,
  TrajectoryAnswer,
  TrajectoryPage,
} from "../../src/api.ts";

export const LIVE_MS = 2000;
export const FILLING_MS = 700;

export function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  return answerOf(fetch(path, { ...(signal === undefined ? {} : { signal }), headers: { accept: "application/json" } }));
}

export function send<T>(path: string, body: unknown): Promise<T> {
  const headers = { accept: "application/json", "content-type": "application/json" };
  return answerOf(fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function answerOf<T>(asked: Promise<Response>): Promise<T> {
  const answer = await asked;
  const body = (await answer.json().catch(() => undefined)) as T | ErrorAnswer | undefined;
  if (answer.ok && body !== undefined) return body as T;
  throw new Error((body as ErrorAnswer | undefined)?.error?.message ?? `The server answered ${answer.status}.`);
}

export const at = (run: string, path: string) => `/api/runs/${encodeURIComponent(run)}/${path}`;

export const runsQuery = queryOptions({
  queryKey: ["runs"],
  queryFn: ({ signal }) => ask<RunsAnswer>("/api/runs", signal),
  refetchInterval: 5000,
});

export function useRuns() {
  return useQuery(runsQuery);
}

/** Follows the run while it goes on, and the index while it is filled. */
export const overviewQuery = (run: string) =>
  queryOptions({
    queryKey: ["overview", run],
    queryFn: ({ signal }) => ask<Overview>(at(run, "overview"), signal),
    refetchInterval: ({ state: { data } }) =>
      data === undefined || !data.index.complete ? FILLING_MS : data.run.state === "finished" ? false : LIVE_MS,
  });

export function useOverview(run: string) {
  return useQuery(overviewQuery(run));
}

/** @param query as in the address; the same filter under another sort is another list. @param acts changes with what people have done to the rows, where the list depends on that */
export function useTrajectories(run: string, query: string, acts: string) {
  return useInfiniteQuery({
    queryKey: ["trajectories", run, query, acts],
    queryFn: ({ pageParam, signal }) =>
      ask<TrajectoryPage>(at(run, `trajectories?${query}${pageParam === null ? "" : `&after=${encodeURIComponent(pageParam)}`}`), signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) => (data?.pages.at(-1)?.index.complete === false ? FILLING_MS : false),
  });
}

export function useCount(run: string, query: string, acts: string) {
  return useQuery({
    queryKey: ["count", run, query, acts],
    queryFn: ({ signal }) => ask<CountAnswer>(at(run, `count?${query}`), signal),
    placeholderData: keepPreviousData,
  });
}

export function useTrajectory(run: string, id: string) {
  return useQuery({
    queryKey: ["trajectory", run, id],
    queryFn: ({ signal }) => ask<TrajectoryAnswer>(at(run, `trajectories/${encodeURIComponent(id)}`), signal),
  });
}

export function useTimings(run: string, id: string) {
  return useQuery({
    queryKey: ["timings", run, id],
    queryFn: ({ signal }) => ask<TimingsAnswer>(at(run, `timings/${encodeURIComponent(id)}`), signal),
    staleTime: 60_000,
  });
}

export function useRepair(run: string, id: string) {
  return useQuery({
    queryKey: ["repair", run, id],
    queryFn: ({ signal }) => ask<RepairAnswer>(at(run, `repairs/${encodeURIComponent(id)}`), signal),
  });
}

/** A piece of a text that was clipped. @param textsAt as the trajectory has it */
export function askText(run: string, textsAt: string, place: { message: number; part: number | "raw" | "seen"; from: number }): Promise<TextAnswer> {
  const part = place.part === "raw" ? "" : `&part=${place.part}`;
  return ask<TextAnswer>(at(run, `${textsAt}message=${place.message}${part}&from=${place.from}`));
}

/** What a request says in its query string. */
import type { FastifyRequest } from "fastify";
import { Problem } from "./problem.ts";

export function queryOf({ url }: FastifyRequest): URLSearchParams {
  return new URL(url, "http://localhost").searchParams;
}

export function cursorIn(query: URLSearchParams): string | undefined {
  const after = query.get("after") ?? undefined;
  if (after !== undefined && !/^\[(?:null|-?[\d.eE+-]+),\d+\]$/.test(after))
    throw new Problem(400, "BAD_CURSOR", "`after` is what the page before gave as `next`.");
  return after;
}

export function numberIn(query: URLSearchParams, name: string): number {
  const number = Number(query.get(name) ?? 0);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Problem(400, "BAD_REQUEST", `\`${name}\` must be a whole number from 0.`);
}

/** One of these words; undefined for anything else, as for nothing. */
export function choiceIn<Choice extends string>(query: URLSearchParams, name: string, choices: readonly Choice[]): Choice | undefined {
  return choices.find((choice) => choice === query.get(name));
}

/** Which piece of a text is asked for. */
export interface TextPlace {
  readonly message: number;
  /** A part by its number; the raw text; what a trainer sees. */
  readonly part: number | "raw" | "seen";
  readonly from: number;
}

export function textPlaceIn(query: URLSearchParams): TextPlace {
  const part = !query.has("part") ? "raw" : query.get("part") === "seen" ? "seen" : numberIn(query, "part");
  return { message: numberIn(query, "message"), part, from: numberIn(query, "from") };
}

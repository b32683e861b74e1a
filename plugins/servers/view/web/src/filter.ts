/** A list's filter is its address: what is shown can be sent to somebody, and the back button works. The server reads the same (src/filter-query.ts). */
import { useCallback } from "react";
import { useAddress } from "./address.ts";

export const FATES = ["kept", "repaired", "hard", "discarded", "failed", "pending", "accepted", "refused"] as const;

export interface Range {
  readonly dimension: string;
  readonly from: string;
  readonly to: string;
}

const NAMES = ["text", "fate", "task", "tool", "repairer", "cause", "act", "tag", "range", "sort", "order"];

/** @param names what of the address the filter is */
export function useFilter(names: readonly string[] = NAMES) {
  const { params, set, setParams } = useAddress();
  const clear = useCallback(() => setParams(new URLSearchParams(), { replace: true }), [setParams]);
  const asked = new URLSearchParams([...params].filter(([name]) => names.includes(name)));
  return { params, set, clear, query: asked.toString() };
}

export function rangesIn(params: URLSearchParams): readonly Range[] {
  return params.getAll("range").flatMap((text) => {
    const found = /^(.+):([^:]*)\.\.([^:]*)$/s.exec(text);
    return found === null ? [] : [{ dimension: found[1] ?? "", from: found[2] ?? "", to: found[3] ?? "" }];
  });
}

export function rangeText({ dimension, from, to }: Range): string {
  return `${dimension}:${from}..${to}`;
}

/** The address of a list. */
export function listAddress(run: string, filter: Readonly<Record<string, string | readonly string[]>>): string {
  const query = new URLSearchParams(Object.entries(filter).flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, one])));
  return `/r/${encodeURIComponent(run)}/trajectories?${query}`;
}

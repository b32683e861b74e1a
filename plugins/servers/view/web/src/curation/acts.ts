/** Asks for acts and does them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ActFacets, ActView, CurationAnswer, DraftAnswer, EditJob, RowCuration, TurnDraft } from "../../../src/api.ts";
import { ask, at, LIVE_MS, send } from "../data.ts";

/** What can be asked for. */
export type Deed =
  | { readonly kind: "mark" | "drop" | "pin"; readonly on: string }
  | { readonly kind: "tag"; readonly on: string; readonly tag: string }
  | { readonly kind: "note"; readonly on: string; readonly text: string }
  | { readonly kind: "verdict"; readonly on: string; readonly decision: "keep" | "refuse" }
  | { readonly kind: "undo"; readonly act: string };

export const UNTOUCHED: RowCuration = { marked: false, tags: [], notes: [], edits: [] };

export function useCuration(run: string) {
  return useQuery({ queryKey: ["curation", run], queryFn: ({ signal }) => ask<CurationAnswer>(at(run, "curation"), signal) });
}

/** What lists can be narrowed by; follows what others do to the run meanwhile. */
export function useActFacets(run: string) {
  return useQuery({
    queryKey: ["curation", run, "facets"],
    queryFn: ({ signal }) => ask<ActFacets>(at(run, "curation/facets"), signal),
    refetchInterval: LIVE_MS,
  });
}

/** Does it, and has everything that shows rows asked for anew. */
export function useDo(run: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (deed: Deed) => send<ActView>(at(run, "curation"), deed),
    onSettled: () => renew(client, run),
  });
}

export function renew(client: ReturnType<typeof useQueryClient>, run: string): Promise<unknown> {
  return Promise.all(["curation", "trajectory", "repair"].map((what) => client.invalidateQueries({ queryKey: [what, run] })));
}

export function useDraft(run: string, id: string) {
  // What somebody is writing is not replaced by what is asked for anew.
  return useQuery({
    queryKey: ["draft", run, id],
    queryFn: ({ signal }) => ask<DraftAnswer>(at(run, `curation/draft/${encodeURIComponent(id)}`), signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function beginEdit(run: string, edit: { readonly on: string; readonly turns: readonly TurnDraft[] }): Promise<EditJob> {
  return send<EditJob>(at(run, "curation/edits"), edit);
}

const JOB_MS = 300;

export function useJob(run: string, job: string | undefined) {
  return useQuery({
    queryKey: ["job", run, job],
    queryFn: ({ signal }) => ask<EditJob>(at(run, `curation/edits/${job}`), signal),
    enabled: job !== undefined,
    refetchInterval: ({ state: { data } }) => (data === undefined || data.state === "running" ? JOB_MS : false),
  });
}

/** `2026-11-30 20:30`, by this machine's clock. */
export function timeOf({ at: when }: Pick<ActView, "at">): string {
  const time = new Date(when);
  return Number.isNaN(time.getTime()) ? when : time.toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" });
}

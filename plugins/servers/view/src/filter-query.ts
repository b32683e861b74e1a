/** A list's filter as it stands in a query string; the web app writes the same (web/src/filter.ts). */
import type { ActedOn, Fate, SortKey, TrajectoryFilter } from "./api.ts";
import { ACTS } from "./curation/curated.ts";

const FATES: readonly string[] = ["kept", "repaired", "hard", "discarded", "failed", "pending", "accepted", "refused"] satisfies Fate[];

/** What is not understood is left out: an address that somebody typed still shows a list. */
export function filterOf(query: URLSearchParams): TrajectoryFilter {
  const fates = query.getAll("fate").filter((fate): fate is Fate => FATES.includes(fate));
  const acts = query.getAll("act").filter((act): act is ActedOn => ACTS.includes(act as ActedOn));
  const ranges = query.getAll("range").flatMap(rangeOf);
  const sort = sortOf(query.get("sort"));
  const text = query.get("text")?.trim() ?? "";
  const named = ["task", "tool", "repairer", "cause", "tag"].flatMap((name) => (query.has(name) ? [[name, query.get(name)]] : []));
  return {
    ...(Object.fromEntries(named) as Partial<Record<"task" | "tool" | "repairer" | "cause" | "tag", string>>),
    ...(text === "" ? {} : { text }),
    ...(fates.length === 0 ? {} : { fates }),
    ...(acts.length === 0 ? {} : { acts }),
    ...(ranges.length === 0 ? {} : { ranges }),
    ...(sort === undefined ? {} : { sort }),
    descending: query.get("order") === "desc",
  };
}

/** `correctness:0..0.5`, either end may be left out. */
function rangeOf(text: string): NonNullable<TrajectoryFilter["ranges"]> {
  const found = /^(.+):([^:]*)\.\.([^:]*)$/s.exec(text);
  if (found === null) return [];
  const [, dimension = "", from = "", to = ""] = found;
  return [{ dimension, from: boundOf(from), to: boundOf(to) }];
}

function boundOf(text: string): number | null {
  return text === "" || !Number.isFinite(Number(text)) ? null : Number(text);
}

/** `position`, `calls`, `words`, `tokens` or `score:<dimension>` */
function sortOf(text: string | null): SortKey | undefined {
  if (text === "position" || text === "calls" || text === "words" || text === "tokens") return text;
  return text?.startsWith("score:") ? { dimension: text.slice("score:".length) } : undefined;
}

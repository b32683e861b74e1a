/** What people have done to a run's rows, and which of the rows that leads to. */
import { actsFile, readCuration } from "@autotraj/curation-acts/record";
import type { Curation, RowState } from "@autotraj/curation-acts/state";
import type { ActedOn, ActFacets, Facet, TrajectoryFilter } from "../api.ts";
import { Remembered } from "../remembered.ts";
import { stampOfFile } from "../run-folder.ts";

const known = new Remembered<Curation>();

function stampIn(folder: string): string {
  return stampOfFile(actsFile(folder));
}

/** @throws ACTS_INVALID */
export function curationIn(folder: string): Curation {
  return known.get(folder, stampIn(folder), () => readCuration(folder));
}

const ACTED_ON: Readonly<Record<ActedOn, (row: RowState) => boolean>> = {
  marked: ({ marked }) => marked,
  tagged: ({ tags }) => tags.length > 0,
  noted: ({ notes }) => notes.length > 0,
  overridden: ({ verdict }) => verdict !== undefined,
  edited: ({ edits }) => edits.length > 0,
  dropped: ({ place }) => place === "drop",
  pinned: ({ place }) => place === "pin",
};

export const ACTS = Object.keys(ACTED_ON) as readonly ActedOn[];

/** Of the run's own rows. An edit is no row of the run's list: it is found by what was edited. */
function rowsIn({ acts, rows }: Curation): readonly (readonly [string, RowState])[] {
  const edits = new Set(acts.flatMap(({ act }) => (act.kind === "edit" ? [act.trajectory.id] : [])));
  return [...rows].filter(([id]) => !edits.has(id));
}

/** Ids of the rows that a list is narrowed to by what people have done to them; undefined where it is not. @throws ACTS_INVALID */
export function actedOn(folder: string, { acts, tag }: TrajectoryFilter): readonly string[] | undefined {
  if (acts === undefined && tag === undefined) return undefined;
  const wanted = ([, row]: readonly [string, RowState]) =>
    (acts === undefined || acts.some((act) => ACTED_ON[act](row))) && (tag === undefined || row.tags.includes(tag));
  return rowsIn(curationIn(folder))
    .filter(wanted)
    .map(([id]) => id);
}

export function actFacets(folder: string): ActFacets {
  const stamp = stampIn(folder);
  const rows = rowsIn(curationIn(folder)).map(([, row]) => row);
  const tags = new Map<string, number>();
  for (const tag of rows.flatMap((row) => row.tags)) tags.set(tag, (tags.get(tag) ?? 0) + 1);
  const acts = ACTS.map((name): Facet => ({ name, count: rows.filter(ACTED_ON[name]).length })).filter(({ count }) => count > 0);
  return { stamp, acts, tags: [...tags].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count) };
}

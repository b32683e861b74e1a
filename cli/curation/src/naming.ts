/** Which trajectory is meant, by any name that people have for it. */
import { AutoTrajError, locateRow, type RunStore, type StoredTrajectory } from "@autotraj/core";
import type { Curation } from "@autotraj/curation-acts/state";
import { editRow, rowsAt } from "./curated-rows.ts";

/** @throws ATRAJ_USAGE where a question is named, which has several; as {@link locateRow} */
export async function trajectoryNamed(store: RunStore, curation: Curation, { run, row }: { run: string; row: string }): Promise<StoredTrajectory> {
  const edit = editNamed(curation, row);
  if (edit !== undefined) return edit;
  const { position, asked } = await locateRow(store, run, row);
  const rows = rowsAt(store, curation, position);
  const found = rows.find(({ trajectory }) => trajectory.id === asked) ?? (rows.length === 1 ? rows[0] : undefined);
  if (found !== undefined) return found;
  throw new AutoTrajError("ATRAJ_USAGE", {
    who: "curate",
    what: `"${row}" is a question with ${rows.length} trajectories.`,
    details: rows.slice(0, 20).map(({ trajectory: { id, provenance }, fate }) => `${id}  ${fate}, ${provenance.origin}`),
    hint: "Name one of them: the beginning of its id is enough.",
  });
}

/** An edit, by its id or so much of it that no other begins so. */
export function editNamed(curation: Curation, row: string): StoredTrajectory | undefined {
  const [only, ...others] = row.startsWith("t-") && row.length > 2 ? curation.edits.filter(({ trajectory }) => trajectory.id.startsWith(row)) : [];
  return only === undefined || others.length > 0 ? undefined : editRow(only);
}

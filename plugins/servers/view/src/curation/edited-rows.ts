/** Edits of people as rows beside the run's own, for views that show one trajectory or one question. */
import type { Edit } from "@autotraj/curation-acts/acts";
import { fateOf } from "@autotraj/curation-acts/state";
import type { RunRow } from "../index-store/indexed-row.ts";
import { curationIn } from "./curated.ts";

/** Behind all that the run has written itself. */
const FIRST_ORDINAL = 1_000_000_000;

/** Those that stand and are meant, the latest last. A file of acts that cannot be read has none: the list of acts says why. */
export function editedRows(folder: string, isMeant: (edit: Edit) => boolean): readonly RunRow[] {
  return editsIn(folder).flatMap((edit, index) => (isMeant(edit) ? [rowOfEdit(edit, index)] : []));
}

function editsIn(folder: string): readonly Edit[] {
  try {
    return curationIn(folder).edits;
  } catch {
    return [];
  }
}

function rowOfEdit(edit: Edit, index: number): RunRow {
  const { trajectory, scores, verdict, position } = edit;
  const { parent = null, repairer = null } = trajectory.provenance;
  return {
    ...{ position, ordinal: FIRST_ORDINAL + index, id: trajectory.id, origin: "repair", parent, repairer, fate: fateOf(edit) },
    body: JSON.stringify(trajectory),
    scores: JSON.stringify(scores),
    verdict: JSON.stringify(verdict),
  };
}

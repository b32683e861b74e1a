/** What is known of a question, with what people have done to it. */
import { type Explanation, explainRow, type RunStore } from "@autotraj/core";
import type { KnownAct } from "@autotraj/curation-acts/state";
import { rowsAt } from "./curated-rows.ts";
import { curationIn } from "./kept.ts";
import { editNamed } from "./naming.ts";

export interface CuratedExplanation extends Explanation {
  /** Those on this question's trajectories. */
  readonly curation: readonly KnownAct[];
}

/** Edits stand among the trajectories. @throws as {@link explainRow} */
export async function explainCurated(store: RunStore, run: string, row: string): Promise<CuratedExplanation> {
  const curation = curationIn(run);
  const edit = editNamed(curation, row);
  const explanation = await explainRow(store, run, edit === undefined ? row : `#${edit.position + 1}`);
  const trajectories = rowsAt(store, curation, explanation.position);
  return {
    ...explanation,
    trajectories,
    asked: edit?.trajectory.id ?? explanation.asked,
    curation: curation.acts.filter(({ act }) => act.position === explanation.position),
  };
}

/** The rows that are learnt from, with what people have said of them. */
import { byQuestion, type RunStore, type StoredTrajectory, sound, soundRows, trajectoryId } from "@autotraj/core";
import type { Edit } from "@autotraj/curation-acts/acts";
import { type Curation, fateOf, isLearnt, stateOf } from "@autotraj/curation-acts/state";

/** Behind all that the run has written itself. */
const FIRST_ORDINAL = 1_000_000_000;

/** Edits of one question as rows, but those whose content was changed since. Of what the run no longer has nothing can be an edit. */
export function editRows(curation: Curation, position: number): readonly StoredTrajectory[] {
  return curation.edits.filter((edit) => edit.position === position && isSound(edit)).map((edit, index) => editRow(edit, index));
}

export function editRow(edit: Edit, index = 0): StoredTrajectory {
  const { trajectory, scores, verdict, position } = edit;
  return { trajectory, scores, verdict, position, ordinal: FIRST_ORDINAL + index, fate: fateOf(edit) };
}

function isSound({ trajectory }: Edit): boolean {
  return trajectoryId(trajectory) === trajectory.id;
}

/** All of a question: the run's own, then edits of them. */
export function rowsAt(store: RunStore, curation: Curation, position: number): readonly StoredTrajectory[] {
  const own = store.trajectoriesAt(position);
  const ids = new Set(own.map(({ trajectory }) => trajectory.id));
  return [...own, ...editRows(curation, position).filter(({ trajectory }) => ids.has(trajectory.provenance.parent ?? ""))];
}

/** What is learnt from, question by question in their order, what is pinned first. Questions that nobody has touched are as the run has them. */
export function* learntQuestions(store: RunStore, curation: Curation): Generator<readonly StoredTrajectory[]> {
  const touched = touchedPositions(curation);
  let next = 0;
  const upTo = function* (position: number): Generator<readonly StoredTrajectory[]> {
    for (; next < touched.length && (touched[next] ?? 0) < position; next++) yield learntAt(store, curation, touched[next] ?? 0);
  };
  for (const rows of byQuestion(soundRows(store, ["kept", "accepted"]))) {
    const position = rows[0]?.position ?? 0;
    yield* upTo(position);
    if (touched[next] === position) yield* upTo(position + 1);
    else yield rows;
  }
  yield* upTo(Number.POSITIVE_INFINITY);
}

function touchedPositions({ acts }: Curation): readonly number[] {
  const standing = acts.filter(({ act, undoneBy }) => undoneBy === undefined && act.kind !== "undo");
  return [...new Set(standing.map(({ act }) => act.position))].sort((a, b) => a - b);
}

export function learntAt(store: RunStore, curation: Curation, position: number): readonly StoredTrajectory[] {
  const learnt = rowsAt(store, curation, position)
    .filter(({ trajectory, fate }) => isLearnt(curation, trajectory.id, fate))
    .map((row): StoredTrajectory => ({ ...sound(store, row), fate: row.trajectory.provenance.origin === "repair" ? "accepted" : "kept" }));
  const isPinned = ({ trajectory }: StoredTrajectory) => stateOf(curation, trajectory.id).place === "pin";
  return [...learnt.filter(isPinned), ...learnt.filter((row) => !isPinned(row))];
}

/** Repairs that stand against what they repair: not against what a person keeps or has dropped. */
export function* preferredQuestions(store: RunStore, curation: Curation): Generator<readonly StoredTrajectory[]> {
  for (const rows of learntQuestions(store, curation)) {
    yield rows.filter(({ fate, trajectory }) => {
      const { verdict, place } = stateOf(curation, trajectory.provenance.parent ?? "");
      return fate === "accepted" && place === undefined && verdict !== "keep";
    });
  }
}

/** What the run itself would learn from, and people have taken out. */
export function leftOut(store: RunStore, curation: Curation): readonly StoredTrajectory[] {
  return touchedPositions(curation).flatMap((position) =>
    store.trajectoriesAt(position).filter(({ trajectory, fate }) => ["kept", "accepted"].includes(fate) && !isLearnt(curation, trajectory.id, fate)),
  );
}

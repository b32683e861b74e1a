/** Trajectories of a run as they were written: nothing is learnt from what was changed since. */
import { damaged } from "../../data/database.ts";
import { checkTrajectory } from "../../data/trajectory-schema.ts";
import type { Trajectory } from "../../kernel/plugin.ts";
import { trajectoryId } from "../../kernel/trajectory/identity.ts";
import { type Fate, makeAgain, type RunStore, type StoredTrajectory } from "./run-store.ts";

/** Of these fates, in the order of the questions. @throws ATRAJ_STORE_FAILED at the first that is not what was written */
export function* soundRows(store: RunStore, fates: readonly Fate[]): Generator<StoredTrajectory> {
  for (const row of store.trajectories(fates)) yield sound(store, row);
}

/** The row itself. @throws ATRAJ_STORE_FAILED where it is not what was written */
export function sound(store: RunStore, row: StoredTrajectory): StoredTrajectory {
  const { trajectory, position } = row;
  if (idOf(trajectory) === trajectory.id) return row;
  const what = `the body of trajectory ${trajectory.id} (#${position + 1}) is not what was written: its content has another id`;
  throw damaged(store.file, what, makeAgain(store.file, position));
}

/** Undefined for what is no trajectory. */
function idOf(trajectory: Trajectory): string | undefined {
  return checkTrajectory(trajectory) === undefined ? trajectoryId(trajectory) : undefined;
}

/** Rows in the order of the questions, those of one question together. */
export function* byQuestion(rows: Iterable<StoredTrajectory>): Generator<readonly StoredTrajectory[]> {
  let group: StoredTrajectory[] = [];
  for (const row of rows) {
    if (group.length > 0 && group[0]?.position !== row.position) {
      yield group;
      group = [];
    }
    group.push(row);
  }
  if (group.length > 0) yield group;
}

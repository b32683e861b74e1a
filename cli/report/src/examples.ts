/** A few trajectories that show what the figures mean: kept, repaired, refused. Of different tasks and causes where there are such; the same every time. */
import type { Fate, RunStore, StoredTrajectory } from "@autotraj/core";

export interface Repaired {
  readonly original: StoredTrajectory;
  readonly repair: StoredTrajectory;
  /** Attempts before it. */
  readonly refused: readonly StoredTrajectory[];
}

/** Hard cases with what was tried, and what was discarded. */
export interface Refused {
  readonly original: StoredTrajectory;
  readonly attempts: readonly StoredTrajectory[];
}

export interface Examples {
  readonly kept: readonly StoredTrajectory[];
  readonly repaired: readonly Repaired[];
  readonly refused: readonly Refused[];
}

const LOOKED_AT = 100;
const MOST_ATTEMPTS = 3;

export function examplesOf(store: RunStore): Examples {
  const repaired = someOf(store, "repaired", 3).flatMap((original) => {
    const attempts = repairsOf(store, original);
    const repair = attempts.find(({ fate }) => fate === "accepted");
    return repair === undefined ? [] : [{ original, repair, refused: attempts.filter((one) => one !== repair) }];
  });
  const refused = [...someOf(store, "hard", 2), ...someOf(store, "discarded", 1)];
  return {
    kept: someOf(store, "kept", 2),
    repaired,
    refused: refused.map((original) => ({ original, attempts: repairsOf(store, original) })),
  };
}

/** Those first that differ from all before them in task or cause. No more than these are held, however many there are. */
function someOf(store: RunStore, fate: Fate, most: number): readonly StoredTrajectory[] {
  const [different, others]: [StoredTrajectory[], StoredTrajectory[]] = [[], []];
  const kinds = new Set<string>();
  let looked = 0;
  for (const row of store.trajectories([fate])) {
    const kind = JSON.stringify([row.trajectory.query.task ?? "", row.verdict?.cause ?? ""]);
    if (!kinds.has(kind)) different.push(row);
    else if (others.length < most) others.push(row);
    kinds.add(kind);
    if (different.length === most || ++looked === LOOKED_AT) break;
  }
  return [...different, ...others].slice(0, most);
}

/** The accepted one is the last that was tried. */
function repairsOf(store: RunStore, { trajectory }: StoredTrajectory): readonly StoredTrajectory[] {
  const ids = store.all("SELECT id FROM trajectories WHERE parent = ? ORDER BY position, ordinal", trajectory.id) as { id: string }[];
  return ids.slice(-MOST_ATTEMPTS).flatMap(({ id }) => store.trajectory(id) ?? []);
}

/** What is known of a run before it is followed. */
import { RunStore } from "@autotraj/core";

export interface KnownBefore {
  /** How candidates are written; undefined where they are recorded, and in runs of earlier releases. */
  readonly rollout: { readonly candidates: number; readonly inFlight: number } | undefined;
  /** Names of the stages behind the loop. */
  readonly stages: readonly string[];
}

/** @throws ATRAJ_RUN_NOT_FOUND, ATRAJ_STORE_FAILED */
export function knownBefore(runDir: string): KnownBefore {
  const store = RunStore.read(runDir);
  try {
    const rollout = store.metaJson<unknown>("rollout", (value) => isRollout(value) || isRecorded(value));
    return { rollout: isRollout(rollout) ? rollout : undefined, stages: store.metaJson<readonly string[]>("trainings", Array.isArray) ?? [] };
  } finally {
    store.close();
  }
}

function isRollout(value: unknown): value is NonNullable<KnownBefore["rollout"]> {
  const { candidates, inFlight } = (value ?? {}) as Partial<NonNullable<KnownBefore["rollout"]>>;
  return typeof candidates === "number" && typeof inFlight === "number";
}

function isRecorded(value: unknown): boolean {
  return typeof (value as { readonly "recorded in"?: unknown } | null)?.["recorded in"] === "string";
}

/** A preset that is to be run: where it cannot be, all that keeps it from that is said at once, whichever phase would have found it. */
import { type ResolvedPreset, type ResolveOptions, resolvePreset } from "@autotraj/core";
import { allThatKeeps } from "@autotraj/planning";

/** @throws all that is wrong with it, where its files cannot be resolved */
export async function presetToRun(ref: string, options: ResolveOptions): Promise<ResolvedPreset> {
  return sayingAll(ref, options, () => resolvePreset(ref, options));
}

/** @throws what `work` throws; all that is wrong with the preset, where that is it */
export async function sayingAll<T>(ref: string, options: ResolveOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw await allThatKeeps(ref, options, error);
  }
}

/** Work that stopping a run ends, told from work that failed; part of the contract, since plugins work side by side too. */

/** True for ATRAJ_INTERRUPTED, of this copy of core or another. */
export function isInterruption(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ATRAJ_INTERRUPTED";
}

/**
 * Like Promise.all, but it waits for all before it throws: nothing is left running, and calls in flight are finished and kept.
 * @throws the first error in the works' order that says more than that the run was stopped
 */
export async function allFinished<T>(works: readonly Promise<T>[]): Promise<T[]> {
  const errors = (await Promise.allSettled(works)).flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
  if (errors.length > 0) throw errors.find((error) => !isInterruption(error)) ?? errors[0];
  return Promise.all(works);
}

/** Several steps of which each may fail: all are taken, and all that went wrong is said together. */
import { AutoTrajError, isAutoTrajError, messageOf } from "./errors.ts";

/** Runs all, then throws: one error as it is, several as one that lists them. */
export async function collected<T>(works: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const errors: unknown[] = [];
  for (const work of works) {
    try {
      results.push(await work());
    } catch (error) {
      errors.push(error);
    }
  }
  const [first, ...others] = errors;
  if (first === undefined) return results;
  if (others.length === 0 || !isAutoTrajError(first)) throw first;
  throw new AutoTrajError(first.code, {
    who: "preset",
    what: `${errors.length} plugins cannot be used.`,
    details: errors.flatMap((error) => messageOf(error).split("\n")),
  });
}

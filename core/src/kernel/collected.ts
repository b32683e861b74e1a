/** Several steps of which each may fail: all are taken, and all that went wrong is said together. */
import { AutoTrajError, isAutoTrajError, messageOf } from "./errors.ts";

/**
 * Runs all, then throws: one error as it is, several as one that lists them.
 * @param mistakes where they are written down in place of that, and what worked is handed back
 */
export async function collected<T>(works: readonly (() => T | Promise<T>)[], mistakes?: unknown[]): Promise<T[]> {
  const results: T[] = [];
  const errors: unknown[] = [];
  for (const work of works) {
    try {
      results.push(await work());
    } catch (error) {
      errors.push(error);
    }
  }
  mistakes?.push(...errors);
  const [first, ...others] = errors;
  if (first === undefined || mistakes !== undefined) return results;
  if (others.length === 0 || !isAutoTrajError(first)) throw first;
  throw new AutoTrajError(first.code, {
    who: "preset",
    what: `${errors.length} mistakes.`,
    details: errors.flatMap((error) => messageOf(error).split("\n")),
  });
}

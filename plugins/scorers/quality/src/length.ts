/** The paper's term L: a bell around the length of the shortest right candidate. */

/**
 * L = exp(−(n − n*)² / (2σ²)) with σ = `sigma`·n*; 1 where n* is 0 (method §1.3).
 * @param words n, the whitespace words of the whole trajectory.
 * @param best n*, those of the trajectory it is compared with.
 */
export function lengthTerm(words: number, best: number, sigma: number): number {
  if (best <= 0) return 1;
  const width = sigma * best;
  return Math.exp(-((words - best) ** 2) / (2 * width ** 2));
}

const LONGEST_MS = 30_000;

/**
 * How long to wait before the next attempt. Equal jitter: half of the doubled wait for certain, half by chance, so that not all come back at once.
 * @param failed how many attempts failed before this one did: the first wait is about `firstMs`
 */
export function backoffMs(failed: number, firstMs: number, longestMs = LONGEST_MS): number {
  return Math.min(firstMs * 2 ** failed, longestMs) * (0.5 + Math.random() / 2);
}

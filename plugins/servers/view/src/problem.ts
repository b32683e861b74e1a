/** An answer other than 200. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** @throws Problem 404 */
export function there<T>(found: T | undefined, what = "The run has no such trajectory, or no longer."): T {
  if (found === undefined) throw new Problem(404, "NOT_FOUND", what);
  return found;
}

/**
 * The wait that a server asks for, in milliseconds: `Retry-After` in seconds or as a date, or `retry-after-ms`. Undefined where there is none, where it makes no
 * sense and where it is over.
 */
export function readRetryAfter(headers: Pick<Headers, "get">): number | undefined {
  const milliseconds = headers.get("retry-after-ms");
  const value = headers.get("retry-after");
  const wait = milliseconds ? Number(milliseconds) : value ? Number(value) * 1000 : Number.NaN;
  const parsed = Number.isNaN(wait) && value ? Date.parse(value) - Date.now() : wait;
  return Number.isFinite(parsed) && parsed > 0 ? parsed : undefined;
}

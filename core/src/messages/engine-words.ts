/** What the engine says, understood: it has no other sign of these than its words. */

/** What of something frozen was to be changed: its property, quoted, or a list; undefined where the error is another. */
export function changedName(error: unknown): string | undefined {
  if (!(error instanceof TypeError)) return undefined;
  const [, name] = /^Cannot (?:assign to read only|add|delete|define) property '?([^\s',]+)/.exec(error.message) ?? [];
  if (name === undefined) return undefined;
  return /^\d+$/.test(name) ? "a list" : `"${name}"`;
}

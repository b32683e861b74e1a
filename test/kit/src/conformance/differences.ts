/** Where two plain values differ first, as a path that a reader can follow. */

/** `[0].trajectory.messages`, or undefined where nothing differs. Circles are followed once. */
export function firstDifference(one: unknown, other: unknown, path = "", seen = new Set<unknown>()): string | undefined {
  if (Object.is(one, other)) return undefined;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return path === "" ? "its value" : path;
  if (seen.has(one)) return undefined;
  seen.add(one);
  if (Array.isArray(one) !== Array.isArray(other)) return path;
  const [mine, theirs] = [one as Readonly<Record<string, unknown>>, other as Readonly<Record<string, unknown>>];
  for (const key of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
    const inner = Array.isArray(one) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    // A key that holds undefined is no key in what is stored.
    const found = firstDifference(mine[key], theirs[key], inner, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A value in a line: for messages. */
export function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 120 ? text : `${text.slice(0, 117)}…`;
}

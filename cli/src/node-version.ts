/** Which Node this program needs. Read before anything else is: it imports nothing and holds nothing that an old Node cannot parse. */

/** The same as `engines` in package.json says. */
export const OLDEST_NODE: readonly number[] = [22, 18];

/** @param version as `process.versions.node` has it */
export function isNewEnough(version: string): boolean {
  const given = version.split(".").map(Number);
  const major = given[0] || 0;
  const minor = given[1] || 0;
  return major > OLDEST_NODE[0]! || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]!);
}

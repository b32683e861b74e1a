/** How often each row stands in a training file in which every question stands equally often. */

/** However many rows the largest question has: a log's may have a thousand, and all others would be written as often. */
const MOST_VISITS = 16;

export interface Drawn {
  readonly questions: number;
  /** How often each question stands in the file: as often as the one with the most rows has rows, {@link MOST_VISITS} times at most. */
  readonly visits: number;
  /** Rows that stand in it at least once. */
  readonly different: number;
}

/**
 * A question first, then one of its rows in turn: of k rows each stands ⌊visits / k⌋ times, and chance gives some of them one more. So no row is lost where no
 * question has more than the most, and a trainer that shuffles the file draws questions alike and, but for that one, each question's rows alike.
 * @param lines of each question
 * @param random as a stage's
 * @returns how often each line is to be written; lines that are not named, never
 */
export function drawsOf(
  lines: ReadonlyMap<string, readonly number[]>,
  random: (...parts: readonly (string | number)[]) => number,
): Omit<Drawn, "different"> & { readonly times: ReadonlyMap<number, number> } {
  const most = [...lines.values()].reduce((longest, { length }) => Math.max(longest, length), 0);
  const visits = Math.min(most, MOST_VISITS);
  const times = new Map<number, number>();
  for (const [question, own] of lines) {
    const inTurn = own
      .map((line, index) => ({ line, at: random("in turn", question, index) }))
      .sort((a, b) => a.at - b.at)
      .slice(0, visits);
    const each = Math.floor(visits / inTurn.length);
    for (const [place, { line }] of inTurn.entries()) times.set(line, each + (place < visits % inTurn.length ? 1 : 0));
  }
  return { questions: lines.size, visits, times };
}

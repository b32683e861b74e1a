/** Numbers in [0, 1), the same in every run: whatever is chosen is chosen by it. */
export type Random = () => number;

/** In any order, each as likely. */
export function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

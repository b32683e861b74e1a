/** How many there are of something, as people say it. */

/** `1 row`, `1,204 rows`, `2 trajectories`. */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : several}`;
}

/** Foreign text as one short line. */
export function brief(text: string, longest: number): string {
  const line = text
    .slice(0, 4 * longest)
    .replace(/\s+/g, " ")
    .trim();
  return line.length > longest || text.length > 4 * longest ? `${line.slice(0, longest).toWellFormed()}…` : line;
}

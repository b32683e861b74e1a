/** Foreign text in messages and reasons: short, and never cut inside a character. */

/** One line of it, blanks and lines being one blank each, and `…` behind what is longer than so many UTF-16 units. */
export function brief(text: string, longest: number): string {
  const looked = cutOff(text, 4 * longest);
  return cutOff(looked.replace(/\s+/g, " ").trim(), longest);
}

/** So many UTF-16 units of it at most, lines and blanks as they are, and `…` where there was more. */
export function cutOff(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest).replace(/\p{Cs}$/u, "")}…` : text;
}

/** Did you mean … */
import { distance } from "fastest-levenshtein";

/** The candidate that `word` probably misspells: the same but for case, dashes and underscores, or a few letters off. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const same = (text: string): string => text.replaceAll(/[-_\s]/g, "").toLowerCase();
  const ranked = candidates.map((candidate) => ({ candidate, edits: edits(same(word), same(candidate)) })).sort((a, b) => a.edits - b.edits);
  const [best] = ranked;
  // Two in five letters, so that `jugde` finds `judge`; more than three edits is another word.
  const allowed = Math.min(3, Math.max(1, Math.floor(0.4 * Math.min(word.length, best?.candidate.length ?? 0))));
  return best !== undefined && best.edits <= allowed ? best.candidate : undefined;
}

/** Two neighbours that changed places are one slip of the fingers. */
function edits(a: string, b: string): number {
  const at = [...a].findIndex((letter, index) => letter !== b[index]);
  const swapped = at >= 0 && a.slice(0, at) + (a[at + 1] ?? "") + (a[at] ?? "") + a.slice(at + 2);
  return swapped === b ? 1 : distance(a, b);
}

/** Letters and signs that look like others, blanks that are none, quotes of a word processor: a reader sees no difference. */
const LOOK_ALIKES = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Z}\p{Cf}\p{Pi}\p{Pf}\uff01-\uff5e]/u;

/** `Did you mean "rollout"?`, and which sign of `word` only looks as if it were meant. */
export function didYouMean(word: string, meant: string): string {
  const sign = [...word].find((letter) => letter !== " " && LOOK_ALIKES.test(letter) && !meant.includes(letter));
  const code = sign?.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
  return `Did you mean "${meant}"?${sign === undefined ? "" : ` What stands there holds the sign "${sign}" (U+${code}), which only looks right.`}`;
}

/** The end of a sentence that names what is not there: what was probably meant, or what there is. */
export function instead(word: string, there: readonly string[], heading = "There are"): string {
  const near = nearest(word, there);
  if (near !== undefined) return didYouMean(word, near);
  return there.length === 0 ? "There are none." : `${heading}: ${there.join(", ")}.`;
}

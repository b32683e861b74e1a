import { isBlank } from "./tag-reader.ts";

/** LaTeX allows a space. */
const BOXED = /\\(?:boxed|fbox)\s{0,3}\{/g;

/** Why a text's last `\boxed{…}` holds no answer; undefined when it does. Linear: only the last one is looked at. */
export function boxedFault(text: string): string | undefined {
  const box = [...text.matchAll(BOXED)].at(-1);
  if (box === undefined) return "no \\boxed{}";
  const bodyStart = box.index + box[0].length;
  let depth = 1;
  for (let at = bodyStart; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return isBlank(text.slice(bodyStart, at)) ? "an empty \\boxed{}" : undefined;
  }
  return "an unclosed \\boxed{}";
}

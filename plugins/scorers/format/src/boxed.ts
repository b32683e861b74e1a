import { isBlank } from "./tag-reader.ts";

const BOXED = "\\boxed{";

/** Why a text's last `\boxed{…}` holds no answer; undefined when it does. Linear: only the last one is looked at. */
export function boxedFault(text: string): string | undefined {
  const start = text.lastIndexOf(BOXED);
  if (start < 0) return "no \\boxed{}";
  const bodyStart = start + BOXED.length;
  let depth = 1;
  for (let at = bodyStart; at < text.length; at++) {
    if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return isBlank(text.slice(bodyStart, at)) ? "an empty \\boxed{}" : undefined;
  }
  return "an unclosed \\boxed{}";
}

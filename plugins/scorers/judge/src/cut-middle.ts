/** Cuts material in the middle where it is too long. */
import type { Part } from "@autotraj/trajectory-text/quoting";
import { PARTS } from "./prompts.ts";

/**
 * Keeps the beginning and the end of the parts, in all at most `budget` characters, and says between them how much is missing.
 * The end gets as much as the beginning: that is where the answer comes from.
 */
export function cutMiddle(parts: readonly Part[], budget: number): { readonly parts: readonly Part[]; readonly leftOut: number } {
  const total = parts.reduce((sum, { text }) => sum + text.length, 0);
  if (total <= budget) return { parts, leftOut: 0 };
  const head = Math.ceil(budget / 2);
  const tail = total - Math.floor(budget / 2);
  const leftOut = tail - head;
  const first: Part[] = [];
  const last: Part[] = [];
  let at = 0;
  for (const { label, text } of parts) {
    if (at < head) first.push({ label, text: text.slice(0, head - at).toWellFormed() });
    if (at + text.length > tail) last.push({ label, text: text.slice(Math.max(0, tail - at)).toWellFormed() });
    at += text.length;
  }
  return { parts: [...first, { label: PARTS.leftOut, text: `(${leftOut} characters)` }, ...last], leftOut };
}

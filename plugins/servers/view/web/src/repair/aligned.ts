/** Which step of a repair stands beside which of its original. */
import { type Change, diffArrays, diffWordsWithSpace } from "diff";
import type { MessagePart, TrajectoryView } from "../../../src/api.ts";

export interface Step {
  readonly message: number;
  readonly at: number;
  readonly part: MessagePart;
  /** Whether the tool that it is a result of failed. */
  readonly failed: boolean;
}

export interface Pair {
  readonly change: "same" | "changed" | "removed" | "added";
  readonly original?: Step;
  readonly repair?: Step;
}

/** What the two have in common says nothing: the prompt is left out. */
export function stepsOf({ messages }: TrajectoryView): readonly Step[] {
  return messages
    .filter(({ role }) => role === "assistant" || role === "tool")
    .flatMap(({ index, parts, ok }) => parts.map((part, at) => ({ message: index, at, part, failed: ok === false })));
}

/** Equal steps beside each other; between them, those of one kind in their order. */
export function aligned(original: readonly Step[], repair: readonly Step[]): readonly Pair[] {
  const same = (a: Step, b: Step) =>
    a.part.kind === b.part.kind && a.part.tool === b.part.tool && a.part.length === b.part.length && a.part.text === b.part.text;
  const pairs: Pair[] = [];
  let [left, right] = [0, 0];
  let removed: readonly Step[] = [];
  for (const { value, added, removed: gone } of diffArrays([...original], [...repair], { comparator: same })) {
    if (gone) {
      removed = original.slice(left, left + value.length);
      left += value.length;
    } else if (added) {
      pairs.push(...matched(removed, repair.slice(right, right + value.length)));
      removed = [];
      right += value.length;
    } else {
      pairs.push(...matched(removed, []));
      removed = [];
      for (const _ of value) pairs.push({ change: "same", original: original[left++] as Step, repair: repair[right++] as Step });
    }
  }
  return [...pairs, ...matched(removed, [])];
}

/** In the order of the repair: its next step of a kind stands beside the original's next one of that kind. */
function matched(removed: readonly Step[], added: readonly Step[]): readonly Pair[] {
  const pairs: Pair[] = [];
  let next = 0;
  for (const repair of added) {
    const at = removed.findIndex(({ part }, index) => index >= next && part.kind === repair.part.kind);
    if (at < 0) {
      pairs.push({ change: "added", repair });
      continue;
    }
    for (const original of removed.slice(next, at)) pairs.push({ change: "removed", original });
    pairs.push({ change: "changed", original: removed[at] as Step, repair });
    next = at + 1;
  }
  for (const original of removed.slice(next)) pairs.push({ change: "removed", original });
  return pairs;
}

export interface TextChange {
  readonly text: string;
  readonly change: "same" | "removed" | "added";
}

/** Longer texts are compared as wholes. */
const COMPARED = 12_000;
const COMPARING_MS = 200;

export function textChanges(before: string, after: string): readonly TextChange[] {
  const whole: readonly TextChange[] = [
    { text: before, change: "removed" },
    { text: after, change: "added" },
  ];
  if (before.length + after.length > COMPARED) return whole;
  const changes = diffWordsWithSpace(before, after, { timeout: COMPARING_MS });
  return changes === undefined ? whole : inPassages(changes.map(changeOf));
}

function changeOf({ value, added, removed }: Change): TextChange {
  return { text: value, change: added ? "added" : removed ? "removed" : "same" };
}

/** What changed goes on over the spaces between: a sentence written anew is one change, not one for each word. */
function inPassages(changes: readonly TextChange[]): readonly TextChange[] {
  const passages: TextChange[] = [];
  let [removed, added] = ["", ""];
  const close = () => {
    if (removed !== "") passages.push({ text: removed, change: "removed" });
    if (added !== "") passages.push({ text: added, change: "added" });
    [removed, added] = ["", ""];
  };
  for (const [at, { text, change }] of changes.entries()) {
    const isWithin = change === "same" && removed + added !== "" && at + 1 < changes.length && /^[^\S\n]+$/.test(text);
    if (change !== "added" && (change === "removed" || isWithin)) removed += text;
    if (change !== "removed" && (change === "added" || isWithin)) added += text;
    if (change !== "same" || isWithin) continue;
    close();
    passages.push({ text, change });
  }
  close();
  return passages;
}

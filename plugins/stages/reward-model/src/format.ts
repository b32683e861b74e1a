/** Which sides of a pair keep the format, as far as the run knows. */
import type { SftRow } from "@autotraj/core/plugin";

/** By the scorers' dimension `format` where both sides have it; otherwise by whether an answer stands in `\boxed{}` and nothing was malformed. */
export function wellFormed({
  chosen,
  rejected,
}: {
  readonly chosen: SftRow;
  readonly rejected: SftRow;
}): readonly [chosen: boolean, rejected: boolean] {
  const [a, b] = [chosen.scores["format"], rejected.scores["format"]];
  if (a !== undefined && b !== undefined && "value" in a && "value" in b) return [a.value >= 1, b.value >= 1];
  return [isBoxed(chosen), isBoxed(rejected)];
}

function isBoxed({ messages, finish, faults }: SftRow): boolean {
  const last = messages.findLast(({ role }) => role === "assistant");
  return finish === "answer" && faults.length === 0 && /\\boxed\{\s*[^\s}]/.test(last?.content ?? "");
}

/** Mistakes in presets are collected over all layers and raised together. */
import { AutoTrajError, type ErrorCode } from "../../kernel/errors.ts";
import { counted } from "../../messages/counted.ts";
import { placeText } from "../../messages/place.ts";
import type { Place } from "./located.ts";

export interface Problem {
  readonly code: ErrorCode;
  /** One line: the key path, what is wrong, what was expected. */
  readonly text: string;
  readonly at?: Place;
  /** What belongs to it: places tried, the command that helps. */
  readonly more?: readonly string[];
}

/** One error for all problems. Its code is theirs when they share one, ATRAJ_PRESET_INVALID otherwise. */
export function presetError(ref: string, problems: readonly Problem[], cwd: string): AutoTrajError {
  const codes = new Set(problems.map(({ code }) => code));
  const [only] = codes;
  const lines = problems.flatMap(({ text, at, more = [] }) => [
    at === undefined ? text : `${text} (${placeText(at, cwd)})`,
    ...more.map((line) => `  ${line}`),
  ]);
  return new AutoTrajError(codes.size === 1 && only !== undefined ? only : "ATRAJ_PRESET_INVALID", {
    who: `preset "${ref}"`,
    what: `${counted(problems.length, "mistake")}.`,
    details: [...new Set(lines)],
  });
}

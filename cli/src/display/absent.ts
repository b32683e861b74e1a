/** What a preset needs and does not find here: said, and gone on without. */
import { type AbsentValue, placeText } from "@autotraj/core";

export function absentLines(absent: readonly AbsentValue[]): readonly string[] {
  if (absent.length === 0) return [];
  return ["Missing here, and needed by a run:", ...absent.map(({ text, at }) => `  ${text} (${placeText(at)})`)];
}

export function lackLines(lacks: readonly string[]): readonly string[] {
  if (lacks.length === 0) return [];
  return ["This machine cannot do:", ...lacks.map((line) => `  ${line}`)];
}

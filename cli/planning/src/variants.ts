/** What is wrong with several variants of one preset, such as a study's arms, as one error: what all have in common is told once. */
import { AutoTrajError, counted, isAutoTrajError, messageOf } from "@autotraj/core";
import { allMistakes, type ExamineOptions } from "./examine.ts";
import { linesOf } from "./mistakes.ts";

/** One that could not be run. */
export interface WrongVariant {
  /** Key path of what it changes: `arms.kept`. */
  readonly path: string;
  readonly ref: string;
  readonly options: ExamineOptions;
  /** What the attempt failed with. */
  readonly error: unknown;
}

/**
 * All that keeps any of them from being run.
 * @param who the file that holds the variants @param count how many there are, sound ones among them
 */
export async function allThatKeepsAny(who: string, wrong: readonly WrongVariant[], count: number): Promise<AutoTrajError> {
  const found = await Promise.all(
    wrong.map(async ({ path, ref, options, error }) => ({ path, mistakes: (await allMistakes(ref, options, error)).flatMap(textsOf) })),
  );
  const everywhere = found.length === count ? found : [];
  const isCommon = (mistake: string) => everywhere.length > 0 && everywhere.every(({ mistakes }) => mistakes.some((other) => isSame(other, mistake)));
  const common = (everywhere[0]?.mistakes ?? []).filter(isCommon);
  const own = found.map(({ path, mistakes }) => ({ path, mistakes: mistakes.filter((mistake) => !isCommon(mistake)) }));
  const total = common.length + own.reduce((sum, { mistakes }) => sum + mistakes.length, 0);
  return new AutoTrajError("ATRAJ_STUDY_INVALID", {
    who,
    what: `${counted(total, "mistake")}.`,
    details: [...linesIn(common), ...own.flatMap(({ path, mistakes }) => (mistakes.length === 0 ? [] : [`${path}:`, ...linesIn(mistakes, "  ")]))],
  });
}

/** One text for each mistake, with the lines that belong to it: they begin with blanks. */
function textsOf(error: unknown): readonly string[] {
  const texts: string[] = [];
  for (const line of isAutoTrajError(error) ? linesOf(error) : [messageOf(error)]) {
    if (line.startsWith(" ") && texts.length > 0) texts.push(`${texts.pop()}\n${line}`);
    else texts.push(line);
  }
  return texts;
}

/** Hints stand behind the last mistake of a list, which is another where there are more. */
function isSame(one: string, other: string): boolean {
  return one.split("\n", 1)[0] === other.split("\n", 1)[0];
}

function linesIn(texts: readonly string[], indent = ""): readonly string[] {
  return texts.flatMap((text) => text.split("\n").map((line) => `${indent}${line}`));
}

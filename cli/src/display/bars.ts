/** What is going on, as a few calm lines for a terminal of 80 columns: a bar for each part whose end is known. */
import { counted, type Progress, type TrainProgress } from "@autotraj/core";
import { count, seconds } from "@autotraj/report";

const BAR = 22;
const NAME = 12;

export interface LoopAside {
  /** Seconds since it began. */
  readonly elapsed: number;
  /** … and still to come, where that can be told. */
  readonly left: number | undefined;
  /** What comes behind. */
  readonly behind: readonly string[];
  /** Of each question, where they are rolled out. */
  readonly candidates: number | undefined;
  /** Of this process, where it is the one at work. In bytes. */
  readonly memory: number | undefined;
}

export function loopLines(progress: Progress, { elapsed, left, behind, candidates, memory }: LoopAside): readonly string[] {
  const { queries, resumed, dropped, failed, done, toRepair, repaired, hard } = progress;
  const all = candidates === undefined ? undefined : Math.max(queries - resumed - dropped, 0) * candidates;
  const judged = repaired + hard;
  const rest = left === undefined ? [] : [`about ${seconds(Math.round(left))} left`];
  const aside = [
    ...(memory === undefined ? [] : [`${Math.round(memory / 2 ** 20)} MB`]),
    ...(behind.length === 0 ? [] : [`then ${behind.join(", ")}`]),
  ];
  return [
    barLine("questions", done + dropped + failed + resumed, queries, failed === 0 ? "" : `${count(failed)} failed`),
    barLine("candidates", progress.candidates, all, `${count(progress.kept)} kept`),
    ...(toRepair === 0
      ? []
      : [barLine("repairs", judged, toRepair, `${count(repaired)} repaired${judged === 0 ? "" : ` (${percent(repaired, judged)})`}`)]),
    `${"spent".padEnd(NAME)}${spent(progress, elapsed).join(" · ")}`,
    `${"time".padEnd(NAME)}${[[seconds(elapsed), ...rest].join(", "), ...aside].join(" · ")}`,
  ];
}

/** Calls, tokens and money so far. */
export function spent({ modelCalls, storedCalls, completionTokens, usd }: Progress, elapsed: number): readonly string[] {
  return [
    `${counted(modelCalls, "call")}${storedCalls > 0 ? ` (+${count(storedCalls)} stored)` : ""}`,
    `${counted(completionTokens, "token")} (${Math.round(completionTokens / Math.max(elapsed, 0.001))}/s)`,
    ...(usd === undefined ? [] : [`$${usd.toFixed(4)}`]),
  ];
}

/** @param figures as they are shown. @param left seconds */
export function stageLines(stage: string, { step, total }: TrainProgress, figures: readonly string[], left: number | undefined): readonly string[] {
  return [
    barLine(stage, step, total, left === undefined ? "" : `about ${seconds(left)} left`),
    ...(figures.length === 0 ? [] : [`${"".padEnd(NAME)}${figures.join(" · ")}`]),
  ];
}

function barLine(name: string, done: number, all: number | undefined, aside: string): string {
  const filled = all === undefined || all === 0 ? 0 : Math.min(BAR, Math.floor((BAR * done) / all));
  const bar = all === undefined ? "".padEnd(BAR) : `${"█".repeat(filled)}${"░".repeat(BAR - filled)}`;
  const counts = all === undefined ? count(done) : `${count(done)}/${count(all)}`;
  return `${name.padEnd(NAME)}${bar}  ${counts.padEnd(10)} ${aside}`.trimEnd();
}

export function percent(part: number, whole: number): string {
  return `${Math.round((100 * part) / whole)}%`;
}

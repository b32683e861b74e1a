/** What `run`, `resume`, `train` and `eval` have in common: a run under the user's eyes, stoppable at any moment, with its tables at the end. */
import { resolve } from "node:path";
import {
  AutoTrajError,
  askedFor,
  formatNames,
  isAutoTrajError,
  messageOf,
  type PresetRequest,
  placeText,
  type ResolvedPreset,
  type RunResult,
  type RunSummary,
  run,
  StopSwitch,
  stageNames,
  stagesUntil,
} from "@autotraj/core";
import { probedCallsOf } from "@autotraj/planning";
import { isEvaluationAlone } from "@autotraj/report";
import { commandLine } from "../command-line.ts";
import { closingSentence } from "../display/closing.ts";
import { LiveDisplay, type LiveOptions } from "../display/live.ts";
import { renderSummary } from "../display/summary.ts";
import { print, printJson, say } from "../display/terminal.ts";
import { onInterrupt } from "../interrupts.ts";
import { usage } from "../options.ts";
import { LeftBehind } from "../plugins-at-large/left-behind.ts";
import { onStrayError, strayError } from "../plugins-at-large/stray-errors.ts";
import { knowPlugins, limitBusy } from "../plugins-at-large/watchdog.ts";
import { sayingAll } from "../preset.ts";
import { reportAtEnd } from "./report.ts";

/** An orderly end takes a moment: what is in flight is finished and kept. */
const STRAY_GRACE_MS = 10_000;
const SETTLED_MS = 200;

export interface PerformOptions {
  readonly show: number;
  readonly json: boolean;
  /** Default: what `asked` says. */
  readonly stages?: readonly string[];
  /** The command that goes on after an interruption, without the program's name. */
  readonly again: () => readonly string[];
}

export async function perform(
  preset: ResolvedPreset,
  asked: PresetRequest,
  runDir: string,
  { show, json, stages: only, again }: PerformOptions,
): Promise<void> {
  const stages = only ?? stagesOf(preset, asked);
  limitBusy(Math.max(preset.settings.run.hookTimeoutMs, preset.settings.run.startTimeoutMs));
  const { rollout, repair, queries } = preset.settings;
  // Recorded candidates are there already: what is left is a matter of repairs, which nobody can foresee.
  const shape = { candidates: rollout.candidates, inFlight: rollout.inFlight, attempts: repair.enabled ? USUAL_ATTEMPTS : 0 };
  const foreseen = (queries.recorded ?? []).length > 0 ? {} : { shape };
  const { summary, files } = await watched(
    { show: json ? 0 : show, again, ...foreseen, stages: stages ?? stageNames(preset.settings) },
    (stop, observer) =>
      sayingAll(asked.ref, asked, () =>
        run({
          preset,
          asked,
          runDir,
          stop,
          observer,
          ...probedCallsOf(runDir),
          ...(stages === undefined ? {} : { stages }),
          ...(asked.models === undefined ? {} : { models: asked.models }),
        }),
      ),
  );
  const report = reportAtEnd(summary, runDir);
  if (json) printJson({ ...summary, folder: resolve(runDir), files, report: report === undefined ? null : resolve(report) });
  else print(`\n${[renderSummary(summary), ...listFiles(summary, files), closingSentence(summary, runDir, await formatNames())].join("\n\n")}`);
  if (only === undefined && asked.until !== undefined) say(whatIsLeft(preset, asked.until, runDir));
  if (report !== undefined) (json ? say : print)(`Report: ${report}`);
  if (summary.funnel.queries > 0 && summary.funnel.failedQueries === summary.funnel.queries) process.exitCode = 1;
}

/** How often one candidate's repair is tried where a preset has two repairers or two attempts, as most have. */
export const USUAL_ATTEMPTS = 2;

/** Something that takes long: shown as it goes on, stoppable at any moment. */
export async function watched<T>(
  { again, ...shown }: Pick<PerformOptions, "again"> & Omit<LiveOptions, "out">,
  work: (stop: StopSwitch, observer: LiveDisplay) => Promise<T>,
): Promise<T> {
  const stop = new StopSwitch();
  const here = process.cwd();
  const display = new LiveDisplay({ out: process.stderr, ...shown });
  const leftBehind = new LeftBehind();
  leftBehind.watch();
  display.onReady = knowPlugins;
  // What a start has asked for may come a moment later: a server listens once its address is looked up.
  display.onStarted = () => void setTimeout(() => leftBehind.rest(), SETTLED_MS).unref();
  let stray: unknown;
  const forget = onStrayError((error) => {
    if (stray !== undefined) return;
    stray = strayError(error, display.plugins) ?? error;
    display.info(`Stopping: something failed that nothing waited for (${messageOf(error).split("\n")[0]}).`);
    stop.softly();
    // What waits for what the error has broken would never end.
    setTimeout(() => stop.atOnce(stray), STRAY_GRACE_MS).unref();
  });
  const release = onInterrupt({
    softly() {
      display.info("Stopping: calls in flight are finished and kept. Interrupt again to stop at once.");
      stop.softly();
    },
    atOnce: () => stop.atOnce(new Error("interrupted")),
    lastWords: () => `Stopped at once. \`${commandLine(again())}\` goes on from here.`,
  });
  try {
    const result = await work(stop, display);
    if (stray !== undefined) throw stray;
    for (const told of leftBehind.told(display.plugins)) display.info(told);
    return result;
  } catch (error) {
    throw advising(stray ?? error, again);
  } finally {
    // A plugin may have gone elsewhere, and our own paths mean from here.
    process.chdir(here);
    leftBehind.rest();
    forget();
    release();
    display.stop();
  }
}

/** `resume` with this folder, where it knows what to go on with; else the command as it was given. */
export function resuming(runDir: string, given: readonly string[]): () => readonly string[] {
  return () => {
    try {
      askedFor(runDir);
      return ["resume", runDir];
    } catch {
      return given;
    }
  };
}

/** The stages that `--until` means; undefined: all there are. @throws ATRAJ_USAGE */
function stagesOf(preset: ResolvedPreset, { until, models }: PresetRequest): readonly string[] | undefined {
  if (models !== undefined) return ["evaluate"];
  if (until === undefined) return undefined;
  return until === "data" ? [] : stagesUntil(preset.settings, known(preset, until, "--until"));
}

function whatIsLeft({ settings: preset }: ResolvedPreset, until: string, runDir: string): string {
  const done = until === "data" ? [] : stagesUntil(preset, until);
  const left = stageNames(preset).filter((name) => !done.includes(name));
  if (preset.run.rounds > 1) left.push(`rounds 2 to ${preset.run.rounds}`);
  const end = `Done until ${until === "data" ? "the data sets" : until}, as asked`;
  return left.length === 0 ? `${end}.` : `${end}; left: ${left.join(", ")}. \`${commandLine(["resume", runDir, "--until", "all"])}\` does them.`;
}

/** @throws ATRAJ_USAGE for a name that the preset has no stage of */
export function known(preset: ResolvedPreset, name: string, option: string): string {
  const names = stageNames(preset.settings);
  if (names.includes(name)) return name;
  throw usage(
    "autotraj",
    `${option} is "${name}", but the preset ${preset.name} has no such stage.`,
    names.length === 0 ? "It has none: add some under `stages`." : `It has ${names.join(", ")}.`,
  );
}

/** Errors advise `autotraj resume`; here it is known which command that is. */
function advising(error: unknown, again: () => readonly string[]): unknown {
  if (!isAutoTrajError(error) || error.parts.hint === undefined) return error;
  const hint = error.parts.hint.replaceAll("`autotraj resume`", `\`${commandLine(again())}\``);
  return new AutoTrajError(error.code, { ...error.parts, hint });
}

function listFiles(summary: RunSummary, files: RunResult["files"]): readonly string[] {
  if (isEvaluationAlone(summary)) return [];
  const rows = [
    ["SFT data set", files.sft],
    ["preference pairs", files.preferences],
    ["sibling pairs", files.siblings],
    ["hard cases", files.hardCases],
    ["card", files.card],
    ["summary", files.summary],
  ];
  return [rows.map(([what = "", path = ""]) => `${what.padEnd(17)} ${placeText({ file: path, line: 0 })}`).join("\n")];
}

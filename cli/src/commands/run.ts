/** `run` and `resume`: stage 1 from questions to data sets, stoppable and continuable at any moment. */
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import {
  AutoTrajError,
  askedFor,
  checkName,
  isAutoTrajError,
  type PresetRequest,
  type ResolvedPreset,
  type RunResult,
  resolvePreset,
  run,
  StopSwitch,
  stageNames,
  stagesUntil,
} from "@autotraj/core";
import type { Argv } from "yargs";
import { LiveDisplay } from "../display/live.ts";
import { renderSummary } from "../display/summary.ts";
import { print, printJson } from "../display/terminal.ts";
import { serveEpisodes } from "../serve/episodes.ts";

interface RunArguments {
  preset: string;
  out?: string;
  set: string[];
  limit?: number;
  until?: string;
  recorded?: string[];
  format?: string;
  groupBy?: string;
  show: number;
  json: boolean;
}

const SHOWN = 16;

export const runCommand = {
  command: "run <preset>",
  describe: "Roll out, score and repair; on a folder that holds this run already, go on with it",
  builder: (args: Argv) =>
    args
      .positional("preset", { type: "string", demandOption: true, describe: "A preset's name, package, file or folder" })
      .option("out", { type: "string", describe: "Run folder (default runs/<preset's name>)" })
      .option("set", {
        type: "string",
        array: true,
        default: [],
        describe: "Override a setting: --set rollout.candidates=8 (repeatable)",
        requiresArg: true,
      })
      .option("limit", { type: "number", describe: "Only the first N questions" })
      .option("until", {
        type: "string",
        requiresArg: true,
        describe: "Stop after this stage: data (stage 1), sft, reward-model, rl, evaluate, or an ablation's name",
      })
      .option("recorded", {
        type: "string",
        array: true,
        requiresArg: true,
        describe: "Logs to score and repair in place of rollouts (JSONL, JSON or text); sets queries.recorded",
      })
      .option("format", {
        type: "string",
        requiresArg: true,
        describe: "With --recorded: the preset's plugin id of the format that reads them (default auto: the one that knows their first rows best)",
      })
      .implies("format", "recorded")
      .option("group-by", { type: "string", requiresArg: true, describe: "With --recorded: field that says which rows are on one question" })
      .implies("group-by", "recorded")
      .option("show", { type: "number", default: SHOWN, describe: "Trajectories shown one by one at the beginning" }),
  async handler(args: RunArguments): Promise<void> {
    const logs = (args.recorded ?? []).map((file) => ({ file, format: args.format, groupBy: args.groupBy }));
    const set = logs.length === 0 ? args.set : [...args.set, `queries.recorded=${JSON.stringify(logs)}`];
    const asked: PresetRequest = { ref: args.preset, cwd: process.cwd(), set, ...(args.limit === undefined ? {} : { limit: args.limit }) };
    const preset = await resolvePreset(asked.ref, asked);
    await perform(preset, asked, args.out ?? join("runs", preset.name), {
      ...args,
      ...(args.until === undefined ? {} : { stages: args.until === "data" ? [] : stagesUntil(preset.preset, known(preset, args.until, "--until")) }),
    });
  },
};

/** @throws ATRAJ_USAGE for a name that the preset has no stage of */
function known(preset: ResolvedPreset, name: string, option: string): string {
  const names = stageNames(preset.preset);
  if (names.includes(name)) return name;
  throw new AutoTrajError("ATRAJ_USAGE", {
    who: "autotraj",
    what: `${option} is "${name}", but the preset ${preset.name} has no such stage.`,
    hint: names.length === 0 ? "It has none: add some under `stages`." : `It has ${names.join(", ")}.`,
  });
}

interface TrainArguments extends ResumeArguments {
  stage: string;
}

export const trainCommand = {
  command: "train <run>",
  describe: "Do one training stage of a run, or go on with it",
  builder: (args: Argv) =>
    args
      .positional("run", { type: "string", demandOption: true, describe: "The run's folder" })
      .option("stage", { type: "string", requiresArg: true, demandOption: true, describe: "Which: sft, reward-model, rl, or an ablation's name" }),
  async handler({ run: runDir, stage, json }: TrainArguments): Promise<void> {
    const asked = askedFor(runDir);
    const preset = await resolvePreset(asked.ref, asked);
    await perform(preset, asked, runDir, { json, show: 0, stages: [known(preset, stage, "--stage")] });
  },
};

interface EvalArguments {
  target: string;
  preset?: string;
  out?: string;
  set: string[];
  queries?: string;
  limit?: number;
  json: boolean;
}

export const evalCommand = {
  command: "eval <target>",
  describe: "Evaluate a run's models, or any model's folder, on held-out questions",
  builder: (args: Argv) =>
    args
      .positional("target", { type: "string", demandOption: true, describe: "The run's folder; or a model's folder (or .gguf file), with --preset" })
      .option("queries", { type: "string", requiresArg: true, describe: "Other questions than the preset's (JSONL)" })
      .option("limit", { type: "number", describe: "Only the first N questions" })
      .option("preset", { type: "string", requiresArg: true, describe: "For a model: the preset whose policy, tools and scorers evaluate it" })
      .option("out", { type: "string", requiresArg: true, describe: "For a model: where the answers go (default runs/eval-<model>)" })
      .option("set", { type: "string", array: true, default: [], requiresArg: true, describe: "For a model: override a setting of the preset" }),
  async handler({ target, json, ...args }: EvalArguments): Promise<void> {
    const isRun = existsSync(join(target, "run.db"));
    if (!isRun && args.preset === undefined) {
      throw new AutoTrajError("ATRAJ_USAGE", {
        who: "autotraj",
        what: `${target} holds no run.`,
        hint: "Name a run's folder, or a model's folder together with --preset.",
      });
    }
    const name = isRun ? "" : nameOfModel(target);
    const asked: PresetRequest = isRun ? askedFor(target) : { ref: args.preset ?? "", cwd: process.cwd(), set: args.set, limit: 0 };
    const set = [
      ...asked.set,
      ...(args.queries === undefined ? [] : [`queries.evaluate=${resolve(args.queries)}`]),
      ...(args.limit === undefined ? [] : [`stages.evaluate.limit=${args.limit}`]),
    ];
    const resolved = await resolvePreset(asked.ref, { ...asked, set });
    const preset =
      resolved.preset.stages.evaluate === undefined ? await resolvePreset(asked.ref, { ...asked, set: [...set, "stages.evaluate={}"] }) : resolved;
    await perform(preset, asked, isRun ? target : (args.out ?? join("runs", `eval-${name}`)), {
      ...{ json, show: 0, stages: ["evaluate"] },
      ...(isRun ? {} : { models: { [name]: resolve(target) } }),
    });
  },
};

/** Trainers leave `models/<stage>/model`. */
function nameOfModel(path: string): string {
  const folder = resolve(path);
  const name = basename(basename(folder) === "model" ? dirname(folder) : folder);
  const hint = "A model is called by its folder's name: give the folder another one, or name it by a link.";
  checkName(name, { code: "ATRAJ_USAGE", who: "eval", what: "the model's name", hint });
  return name;
}

interface ResumeArguments {
  run: string;
  show: number;
  json: boolean;
}

export const resumeCommand = {
  command: "resume <run>",
  describe: "Go on with a run that was stopped, killed or failed",
  builder: (args: Argv) =>
    args
      .positional("run", { type: "string", demandOption: true, describe: "The run's folder" })
      .option("show", { type: "number", default: SHOWN, describe: "Trajectories shown one by one at the beginning" }),
  async handler(args: ResumeArguments): Promise<void> {
    const asked = askedFor(args.run);
    await perform(await resolvePreset(asked.ref, asked), asked, args.run, args);
  },
};

interface PerformOptions {
  readonly show: number;
  readonly json: boolean;
  readonly stages?: readonly string[];
  readonly models?: Readonly<Record<string, string>>;
}

async function perform(preset: ResolvedPreset, asked: PresetRequest, runDir: string, { show, json, stages, models }: PerformOptions): Promise<void> {
  const stop = new StopSwitch();
  const display = new LiveDisplay({ out: process.stderr, show: json ? 0 : show });
  const release = onInterrupt(stop, (message) => display.info(message));
  let result: RunResult;
  try {
    result = await run({
      preset,
      asked,
      runDir,
      stop,
      observer: display,
      serve: serveEpisodes,
      ...(stages === undefined ? {} : { stages }),
      ...(models === undefined ? {} : { models }),
    });
  } catch (error) {
    if (isAutoTrajError(error) && error.code === "ATRAJ_INTERRUPTED") display.info(`Stopped. \`autotraj resume ${runDir}\` goes on from here.`);
    throw error;
  } finally {
    release();
    display.stop();
  }
  const { summary, files } = result;
  if (json) printJson(summary);
  else print(`\n${renderSummary(summary)}\n\n${listFiles(files)}`);
  if (summary.funnel.queries > 0 && summary.funnel.failedQueries === summary.funnel.queries) process.exitCode = 1;
}

function listFiles(files: RunResult["files"]): string {
  const rows = [
    ["SFT data set", files.sft],
    ["preference pairs", files.preferences],
    ["hard cases", files.hardCases],
    ["card", files.card],
    ["summary", files.summary],
  ];
  return rows.map(([what = "", path = ""]) => `${what.padEnd(17)} ${path}`).join("\n");
}

/** Once: what is in flight finishes and is kept. Twice: stop now; what was stored stays stored. */
function onInterrupt(stop: StopSwitch, say: (message: string) => void): () => void {
  let times = 0;
  const handle = () => {
    times++;
    if (times === 1) {
      say("Stopping: calls in flight are finished and kept. Interrupt again to stop at once.");
      stop.softly();
    } else if (times === 2) {
      stop.atOnce(new Error("interrupted"));
    } else {
      process.exit(130);
    }
  };
  process.on("SIGINT", handle);
  process.on("SIGTERM", handle);
  return () => {
    process.removeListener("SIGINT", handle);
    process.removeListener("SIGTERM", handle);
  };
}

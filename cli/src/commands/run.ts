/** `run` and `resume`: the loop from questions to data sets, stoppable and continuable at any moment. */
import { join } from "node:path";
import { askedFor, type PresetRequest } from "@autotraj/core";
import { RUN_ANSWERS } from "../answers.ts";
import { command, LIMIT, PRESET, RUN, SET, SHOW, text } from "../options.ts";
import { presetToRun } from "../preset.ts";
import { known, perform, resuming } from "./perform.ts";

/** For `--until`: take back what was asked for before. */
const ALL = "all";

export const runCommand = command({
  command: "run <preset>",
  describe: "Do all that a preset asks for; on a folder that holds this run already, go on with it",
  answers: RUN_ANSWERS,
  builder: (args) =>
    args
      .positional("preset", PRESET)
      .option("out", { type: "string", describe: "Run folder (default runs/<preset's name>)" })
      .option("set", SET)
      .option("limit", LIMIT)
      .option("until", text("Stop after this stage: data (the loop), sft, reward-model, rl, evaluate, or an ablation's name; resume stops there too"))
      .option("recorded", {
        type: "string",
        array: true,
        requiresArg: true,
        describe: "Logs to score and repair in place of rollouts (JSONL, JSON or text); sets queries.recorded",
      })
      .option(
        "format",
        text("With --recorded: the preset's plugin id of the format that reads them (default auto: the one that knows their first rows best)"),
      )
      .implies("format", "recorded")
      .option("group-by", text("With --recorded: field that says which rows are on one question"))
      .implies("group-by", "recorded")
      .option("show", SHOW),
  async handler(args) {
    const logs = (args.recorded ?? []).map((file) => ({ file, format: args.format, groupBy: args.groupBy }));
    const set = logs.length === 0 ? args.set : [...args.set, `queries.recorded=${JSON.stringify(logs)}`];
    const asked: PresetRequest = {
      ...{ ref: args.preset, cwd: process.cwd(), set },
      ...(args.limit === undefined ? {} : { limit: args.limit }),
      ...untilOf(args.until),
    };
    const preset = await presetToRun(asked.ref, asked);
    const runDir = args.out ?? join("runs", preset.name);
    await perform(preset, asked, runDir, { ...args, again: resuming(runDir, args.given) });
  },
});

function untilOf(until: string | undefined): Pick<PresetRequest, "until"> {
  return until === undefined || until === ALL ? {} : { until };
}

export const trainCommand = command({
  command: "train <run>",
  describe: "Do one training stage of a run, or go on with it",
  answers: RUN_ANSWERS,
  builder: (args) =>
    args
      .positional("run", RUN)
      .option("stage", { type: "string", requiresArg: true, demandOption: true, describe: "Which: sft, reward-model, rl, or an ablation's name" }),
  async handler({ run: runDir, stage, json, given }) {
    const asked = askedFor(runDir);
    const preset = await presetToRun(asked.ref, asked);
    await perform(preset, asked, runDir, { json, show: 0, stages: [known(preset, stage, "--stage")], again: () => given });
  },
});

export const resumeCommand = command({
  command: "resume <run>",
  describe: "Go on with a run that was stopped, killed or failed, to where it was asked to go",
  answers: RUN_ANSWERS,
  builder: (args) =>
    args
      .positional("run", RUN)
      .option("until", text("Stop after another stage than the run was asked to: data, a stage, an ablation, or all for no stop"))
      .option("show", SHOW),
  async handler(args) {
    const { until, ...before } = askedFor(args.run);
    const asked = { ...before, ...untilOf(args.until ?? until) };
    await perform(await presetToRun(asked.ref, asked), asked, args.run, { ...args, again: resuming(args.run, args.given) });
  },
});

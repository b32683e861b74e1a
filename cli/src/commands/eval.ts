/** `eval`: a run's models, or any model's folder, on held-out questions. */
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { AutoTrajError, askedFor, checkName, isAutoTrajError, type PresetRequest, type ResolvedPreset } from "@autotraj/core";
import type { Argv } from "yargs";
import { RUN_ANSWERS } from "../answers.ts";
import { commandLine } from "../command-line.ts";
import { type ArgumentsOf, command, type Given, LIMIT, SET, text, usage } from "../options.ts";
import { presetToRun } from "../preset.ts";
import { perform } from "./perform.ts";

const builder = (args: Argv<Given>) =>
  args
    .positional("target", { type: "string", demandOption: true, describe: "The run's folder; or a model's folder (or .gguf file), with --preset" })
    .option("queries", text("Other questions than the preset's (JSONL)"))
    .option("limit", LIMIT)
    .option("preset", text("For a model: the preset whose policy, tools and scorers evaluate it"))
    .option("out", text("For a model: where the answers go (default runs/eval-<model>)"))
    .option("set", {
      ...SET,
      describe: "Override a setting: --set stages.evaluate.samples=8 (repeatable); of a run only what its loop did not read",
    });

type EvalArguments = ArgumentsOf<typeof builder>;

export const evalCommand = command({
  command: "eval <target>",
  describe: "Evaluate a run's models, or any model's folder, on held-out questions",
  answers: RUN_ANSWERS,
  builder,
  async handler(args) {
    if (existsSync(join(args.target, "run.db"))) await evaluateRun(args);
    else await evaluateModel(args);
  },
});

/** What was asked of the run stays as it was: these settings are for this evaluation. */
async function evaluateRun({ target, json, given, ...args }: EvalArguments): Promise<void> {
  refuseForRun(args);
  const asked = askedFor(target);
  const { preset } = await withEvaluation(asked.ref, { ...asked, set: [...asked.set, ...settingsOf(args)] });
  if (preset.settings.queries.evaluate === undefined) throw noQuestions(target, preset.name);
  try {
    await perform(preset, asked, target, { json, show: 0, stages: ["evaluate"], again: () => given });
  } catch (error) {
    throw args.set.length > 0 && isAutoTrajError(error) && error.code === "ATRAJ_RUN_MISMATCH" ? otherRun(target, asked, error) : error;
  }
}

async function evaluateModel({ target, json, given, preset: ref, out, ...args }: EvalArguments): Promise<void> {
  if (ref === undefined) throw usage("eval", `${target} holds no run.`, "Name a run's folder, or a model's folder together with --preset.");
  const name = nameOfModel(target);
  const cwd = process.cwd();
  const { preset, set } = await withEvaluation(ref, { cwd, set: settingsOf(args) });
  const asked = { ref, cwd, set, limit: 0, models: { [name]: resolve(target) } };
  await perform(preset, asked, out ?? join("runs", `eval-${name}`), { json, show: 0, again: () => given });
}

function settingsOf({ set, queries, limit }: Pick<EvalArguments, "set" | "queries" | "limit">): readonly string[] {
  return [
    ...set,
    ...(queries === undefined ? [] : [`queries.evaluate=${resolve(queries)}`]),
    ...(limit === undefined ? [] : [`stages.evaluate.limit=${limit}`]),
  ];
}

/** Said before anything is begun: a run stays as it was. */
function noQuestions(target: string, preset: string): AutoTrajError {
  return usage(
    "eval",
    `the preset ${preset} names no held-out questions.`,
    `Name a JSONL file of some: \`${commandLine(["eval", target, "--queries"])} FILE\`; or set queries.evaluate in the preset, for runs to come.`,
  );
}

interface WithEvaluation {
  readonly preset: ResolvedPreset;
  /** All that was set to make it so. */
  readonly set: readonly string[];
}

async function withEvaluation(ref: string, { cwd, set }: Pick<PresetRequest, "cwd" | "set">): Promise<WithEvaluation> {
  const preset = await presetToRun(ref, { cwd, set });
  if (preset.settings.stages.evaluate !== undefined) return { preset, set };
  const more = [...set, "stages.evaluate={}"];
  return { preset: await presetToRun(ref, { cwd, set: more }), set: more };
}

/** Settings of other stages, which no evaluation reads. */
const UNREAD = /^\s*(?:stages\.(?!evaluate\b)|ablations\b|reward\b)/;

/** @throws ATRAJ_USAGE for what would be given in vain */
function refuseForRun({ preset, out, set }: Pick<EvalArguments, "preset" | "out" | "set">): void {
  for (const [name, value] of Object.entries({ preset, out })) {
    if (value !== undefined) throw usage("eval", `--${name} is for a model's folder, not for a run's.`, "Leave it out: the run has its own.");
  }
  const unread = set.find((setting) => UNREAD.test(setting));
  if (unread === undefined) return;
  throw usage(
    "eval",
    `--set ${unread.split("=")[0]} would change nothing: an evaluation does not read it.`,
    "It reads stages.evaluate (samples, temperature, limit) and queries.evaluate; `autotraj train` does a stage again.",
  );
}

function otherRun(runDir: string, { ref }: PresetRequest, { parts }: AutoTrajError): AutoTrajError {
  return new AutoTrajError("ATRAJ_RUN_MISMATCH", {
    ...parts,
    who: "eval",
    what: `with these settings the loop of ${runDir} would have been another run.`,
    hint: `Set what only an evaluation reads (stages.evaluate, queries.evaluate); or evaluate a model of it by itself, which takes any setting: \`${commandLine(["eval", join(runDir, "models", "sft", "model"), "--preset", ref])} --set …\``,
  });
}

/** Trainers leave `models/<stage>/model`. */
function nameOfModel(path: string): string {
  const folder = resolve(path);
  const name = basename(basename(folder) === "model" ? dirname(folder) : folder);
  const hint = "A model is called by its folder's name: give the folder another one, or name it by a link.";
  checkName(name, { code: "ATRAJ_USAGE", who: "eval", what: "the model's name", hint });
  return name;
}

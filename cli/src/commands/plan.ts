/**
 * `plan`: what a run would do, in which order, and what it would ask, write, cost and take, as far as an earlier run of the preset tells; else how many calls it
 * would make at most. Needs no keys, no GPU and no network, and spends nothing but what `--probe` is told to.
 */
import { join } from "node:path";
import { type PresetRequest, type ResolvedPreset, run } from "@autotraj/core";
import { examine, newestProbe, planOf, probedCalls, probeRun, recordedFigures } from "@autotraj/planning";
import { commandLine } from "../command-line.ts";
import { renderPlan } from "../display/plan.ts";
import { print, printJson } from "../display/terminal.ts";
import { command, LIMIT, PRESET, SET, wholeNumber } from "../options.ts";
import { presetToRun } from "../preset.ts";
import { watched } from "./perform.ts";

const PROBE = wholeNumber({
  least: 1,
  describe: "First ask N questions for real, and estimate from what they take; a later run asks nothing of it again",
});

export const planCommand = command({
  command: "plan <preset>",
  describe: "What a run would do: plugins, order of taps, calls, tokens, cost and time; spends nothing, needs no keys and no GPU",
  answers: [
    {
      fields: {
        preset: "its name",
        notices: "what is worth knowing",
        plugins: "id, kind, package, version",
        models: "by policy",
        hooks: "by hook: ids of plugins, in the order they are asked",
        scoreLevels: "scorers that run at the same time, level by level",
        dimensions: "name, by, description",
        questions: "how many; null where candidates are recorded",
        recorded: "files of logs",
        stages: "with what they would train",
        rolloutCalls: "atLeast, atMost",
        repairsPerQuestionAtMost: "trajectories, repeats",
        repairCallsAtMost: "for the whole run",
        rolloutUsdAtMost: "null where a price is not known",
        estimate: "from an earlier run; null where there is none",
        missing: "what it needs of the environment and does not find",
        lacks: "what this machine cannot do",
      },
    },
  ],
  builder: (args) =>
    args
      .positional("preset", PRESET)
      .option("set", SET)
      .option("limit", LIMIT)
      .option("out", { type: "string", requiresArg: true, describe: "Run folder that is estimated from (default runs/<preset's name>)" })
      .option("probe", PROBE),
  async handler({ preset: ref, set, limit, out, probe, json, given }) {
    const options = { cwd: process.cwd(), set };
    const examined = await examine(ref, options);
    try {
      if (examined.error !== undefined) throw examined.error;
      if (probe !== undefined) {
        const preset = await presetToRun(ref, options);
        await ask(preset, { ref, ...options, limit: probe, until: "data" }, out ?? join("runs", preset.name), given);
      }
      const runDir = out ?? join("runs", examined.preset?.name ?? "");
      const plan = planOf(examined, recordedFigures(runDir) ?? recordedFigures(newestProbe(runDir)), limit);
      if (json) printJson(plan);
      else print(renderPlan(plan, { probing: commandLine([...given, "--probe", "3"]), absent: examined.absent }));
    } finally {
      await examined.dispose();
    }
  },
});

/** The first questions, as a run would ask them. */
async function ask(preset: ResolvedPreset, asked: PresetRequest & { readonly limit: number }, out: string, given: readonly string[]): Promise<void> {
  await watched({ show: 0, again: () => given }, (stop, observer) =>
    run({ preset, asked, runDir: probeRun(out, asked.limit), alongside: probedCalls(out), stages: [], stop, observer }),
  );
}

import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAutoTrajError, type JsonObject } from "@autotraj/core";
import { expect } from "chai";
import { allThatKeepsAny } from "../../planning/src/variants.ts";
import { checkStudy, planStudy } from "../src/index.ts";

const PRESET = {
  queries: { train: "questions.jsonl", evaluate: "questions.jsonl" },
  rollout: { policy: "student" },
  plugins: {
    student: { use: "@autotraj/policy-local", options: { model: "smollm2-135m" } },
    answer: { use: "@autotraj/scorer-answer" },
    gate: { use: "@autotraj/gate-threshold", options: { minimums: { correctness: 1 } } },
    trainer: { use: "@autotraj/trainer-trl" },
  },
  stages: { sft: { model: "m" }, evaluate: {} },
  ablations: { again: { stage: "sft", settings: { epochs: 1 } } },
};

describe("a study whose arms cannot be run", function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-wrong-arms-")));
    writeFileSync(join(folder, "questions.jsonl"), '{"question": "What is 1 + 1?", "answer": "2"}\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What planning it ends with. */
  async function message(arms: JsonObject, { settings = {}, preset = {} }: { settings?: JsonObject; preset?: JsonObject } = {}): Promise<string> {
    writeFileSync(join(folder, "preset.json"), JSON.stringify({ ...PRESET, ...preset }));
    const study = checkStudy({ preset: "./preset.json", arms, settings }, { baseDir: folder, name: "demo", who: "study.yaml" });
    const error = await planStudy(study, { dir: join(folder, "study"), allThatKeeps: allThatKeepsAny }).then(
      () => undefined,
      (failure: unknown) => failure,
    );
    if (!isAutoTrajError(error)) throw new Error(`expected a mistake, but there is: ${String(error)}`);
    return error.message.replaceAll(folder, "<cwd>");
  }

  it("is told all that is wrong with each, by file and key path, whichever phase would find it", async () => {
    const text = await message({
      sound: {},
      misspelt: { stages: { sft: { epocs: 2 } }, rollout: { candidates: "many" } },
      lost: { plugins: { gate: { options: { minimum: {} } }, repair: { use: "@autotraj/repairer-resume", options: { policy: "tacher" } } } },
      blind: { queries: { evaluate: null } },
    });
    expect(text.replace(/in \S+index\.js:\d+, named/, "in <plugin>, named")).to.equal(
      [
        "[ATRAJ_STUDY_INVALID] study.yaml: 5 mistakes.",
        "  arms.misspelt:",
        '    rollout.candidates must be an integer, but is "many" (Trajectories per question). (study.yaml, arms.misspelt.rollout)',
        '    stages.sft.epocs is not a setting of this stage. Did you mean "epochs"? (study.yaml, arms.misspelt.stages)',
        "      `autotraj plugin info PACKAGE` lists the settings of a stage, or of a trainer for it.",
        "  arms.lost:",
        '    plugins.gate.options.minimum is not an option of this plugin. Did you mean "minimums"? (study.yaml, arms.lost.plugins)',
        "      `autotraj plugin info @autotraj/gate-threshold` lists a plugin's options.",
        '    [ATRAJ_SERVICE_MISSING] plugin "repair" (@autotraj/repairer-resume): it needs the policy "tacher"; there are: student.',
        "      in <plugin>, named in study.yaml, arms.lost.plugins",
        "      Name one of these by its id.",
        "  arms.blind:",
        '    [ATRAJ_STUDY_INVALID] study demo, arm "blind": it evaluates nothing.',
        "      Give the preset a stage evaluate, and held-out questions (queries.evaluate).",
      ].join("\n"),
    );
  });

  it("is told once what is wrong with the preset or with the settings of all arms", async () => {
    const text = await message(
      { plain: {}, other: { stages: { sft: { epocs: 2 } } } },
      { settings: { repair: { enabled: "yes" } }, preset: { stages: { sft: { model: "m", steps: "few" }, evaluate: {} } } },
    );
    expect(text.split("\n")).to.deep.equal([
      "[ATRAJ_STUDY_INVALID] study.yaml: 3 mistakes.",
      '  repair.enabled must be true or false, but is "yes" (False only scores and gates). Write true. (study.yaml, settings.repair)',
      '  stages.sft.steps must be an integer, but is "few" (Optimiser steps, in place of epochs). (<cwd>/preset.json:1)',
      "    `autotraj plugin info PACKAGE` lists the settings of a stage, or of a trainer for it.",
      "  arms.other:",
      '    stages.sft.epocs is not a setting of this stage. Did you mean "epochs"? (study.yaml, arms.other.stages)',
    ]);
  });

  it("is told of a preset that cannot be found once, whatever the arms", async () => {
    const study = checkStudy({ preset: "./nowhere.yaml", arms: { a: {}, b: {} } }, { baseDir: folder, name: "demo", who: "study.yaml" });
    const error: unknown = await planStudy(study, { dir: folder, allThatKeeps: allThatKeepsAny }).catch((failure: unknown) => failure);
    expect(String(error).replaceAll(folder, "<cwd>")).to.contain(
      "study.yaml: 1 mistake.\n  the preset could not be found.\n    tried <cwd>/nowhere.yaml",
    );
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { checkStudy, readStudy } from "../src/index.ts";

const place = { baseDir: "/b", name: "usual", who: "study.yaml" };
const messageOf = (value: unknown): string => {
  try {
    checkStudy(value, place);
  } catch (error) {
    return String(error);
  }
  throw new Error("it was taken");
};

describe("a study's file", () => {
  it("needs a preset and arms, and compares each arm with the first where it says nothing else", () => {
    expect(checkStudy({ preset: "quickstart", arms: { all: {}, kept: {}, clean: {} } }, place)).to.deep.equal({
      ...{
        name: "usual",
        who: "study.yaml",
        baseDir: "/b",
        preset: "quickstart",
        seeds: [0],
        arms: { all: {}, kept: {}, clean: {} },
        settings: {},
        measure: "greedy",
      },
      compare: [
        { arm: "kept", against: "all" },
        { arm: "clean", against: "all" },
      ],
    });
  });

  it("tells all that is wrong with it at once", () => {
    const message = messageOf({
      presets: "quickstart",
      seeds: [1, 1],
      arms: { "1st": {}, a: { stages: { sft: { seed: 3 } }, ablations: {} }, b: [] },
      compare: [
        { arm: "a", against: "c" },
        { arm: "a", against: "a" },
      ],
      measure: "loss",
    });
    for (const line of [
      "presets is no key of a study. Known: name, preset, seeds, arms, compare, settings, model, measure.",
      "preset must name a preset: a name, a package, a file or a folder.",
      "seeds must be different from each other.",
      "arms.1st: an arm's name is a letter, then letters, digits, - and _.",
      "arms.a.ablations cannot be changed by an arm. Known: queries, plugins, rollout, repair, reward, stages, run.",
      "arms.a.stages.sft.seed is the study's to set: name it in seeds.",
      "arms.b must be an object of what is changed of the preset; {} changes nothing.",
      'compare[0]: there is no arm "c".',
      'compare[1]: "a" cannot be compared with itself.',
      "measure must be one of greedy, sampled.",
    ])
      expect(message).to.contain(line);
    expect(message).to.contain("study.yaml: 10 things are wrong with the study.");
  });

  for (const [what, value] of [
    ["nothing", null],
    ["a list", []],
    ["no arm", { preset: "p", arms: {} }],
    ["arms as a list", { preset: "p", arms: ["a"] }],
    ["seeds that are no whole numbers", { preset: "p", arms: { a: {} }, seeds: [1.5] }],
    ["no seed", { preset: "p", arms: { a: {} }, seeds: [] }],
    ["comparisons that are none", { preset: "p", arms: { a: {} }, compare: ["a"] }],
    ["a name that leads out of its folder", { name: "../x", preset: "p", arms: { a: {} } }],
  ] as const) {
    it(`is refused where it holds ${what}`, () => expect(messageOf(value)).to.contain("[ATRAJ_STUDY_INVALID]"));
  }

  it("is called as it says, as its file, or as its folder; it is read as YAML, and its paths mean from it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "autotraj-study-file-"));
    try {
      mkdirSync(join(folder, "repairs"));
      const write = (name: string, text: string) => {
        writeFileSync(join(folder, "repairs", name), text);
        return readStudy(join(folder, "repairs", name));
      };
      const named = await write("study.yaml", "preset: ./p.yaml\narms: { a: {} }\nseeds: [3]\n");
      expect(named).to.include({ name: "repairs", baseDir: join(folder, "repairs"), preset: "./p.yaml" });
      expect((await write("own.yaml", "preset: p\narms: { a: {} }\n")).name).to.equal("own");
      expect((await write("other.yaml", "name: said\npreset: p\narms: { a: {} }\n")).name).to.equal("said");
      expect(String(await write("broken.yaml", "preset: [\n").catch((error: unknown) => error))).to.contain("[ATRAJ_STUDY_INVALID]");
      expect(String(await readStudy(join(folder, "none.yaml")).catch((error: unknown) => error))).to.contain("no such file");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

import { expect } from "chai";
import { nameProblem } from "../src/config/names.ts";
import { launch } from "../src/host/launcher.ts";
import { checkModelNames } from "../src/run/rounds.ts";
import { failure, messageFor, resolved, SMALL } from "./preset/scratch.ts";

/** Each leads out of its folder, or is no file on some system. */
const BAD = [
  "",
  ".",
  "..",
  "../x",
  "a/b",
  "/etc",
  "a\\b",
  ".git",
  "a\0b",
  "a\nb",
  "\u202eb",
  "c:",
  "-rf",
  "a ",
  "a.",
  "NUL",
  "com1.txt",
  "x".repeat(201),
];

describe("names", () => {
  it("lead nowhere and are files on every system", () => {
    for (const name of BAD) expect(nameProblem(name), JSON.stringify(name)).to.be.a("string");
    for (const name of ["demo", "my preset", "paper (fixed)", "größe", "qwen2.5-7b", "base+examples", "sft round 2", "日本", "a..b"])
      expect(nameProblem(name), name).to.equal(undefined);
  });

  it("of presets are checked where they are written", async () => {
    for (const name of BAD.slice(1))
      expect(await messageFor({ "demo.yaml": `${SMALL}name: ${JSON.stringify(name)}\n` }), name).to.match(
        /^\[ATRAJ_PRESET_INVALID\] .*\n {2}name: ".*(?:"|…") .*; runs are kept in a folder of this name\. \(demo\.yaml:\d+\)$/,
      );
    expect(await messageFor({ ".hidden.yaml": SMALL }, { ref: "./.hidden.yaml" })).to.contain('name: ".hidden" begins with a dot');
    expect((await resolved({ "demo.yaml": `${SMALL}name: My preset (2)\n` })).name).to.equal("My preset (2)");
  });

  it("of ablations and plugins are short, and none that a run or the system has", async () => {
    const long = "x".repeat(101);
    expect(await messageFor({ "demo.yaml": `${SMALL}stages: { sft: {} }\nablations: { ${long}: { stage: sft } }\n` })).to.contain(
      "at most 100 of them",
    );
    for (const [name, told] of [
      ["SFT", "has the name of a model that every run may have"],
      ["nul", "the name is a device's name on Windows"],
    ] as const)
      expect(await messageFor({ "demo.yaml": `${SMALL}stages: { sft: {} }\nablations: { ${name}: { stage: sft } }\n` })).to.contain(told);
  });

  it("of models to evaluate are checked before anything is done", () => {
    for (const name of BAD) expect(() => checkModelNames({ [name]: "/models/m" }), name).to.throw("ATRAJ_STAGE_INPUT");
    checkModelNames({ "my-model 2": "/models/m" });
  });

  it("of a trainer's files stay in the job's folder", async () => {
    const plan = { files: { "../x": "" }, argv: ["true"], progressFile: "p", progress: () => undefined, exclusive: false } as unknown as Parameters<
      typeof launch
    >[0];
    const context = { who: "stage", dir: "/nowhere" } as Parameters<typeof launch>[1];
    expect((await failure(launch(plan, context))).message).to.contain('the file "../x", outside the job\'s folder');
  });
});

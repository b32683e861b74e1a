import { expect } from "chai";
import { messageFor, resolved } from "./scratch.ts";

const files = {
  "demo.yaml": `plugins:
  student: { use: "@autotraj/policy-local", options: { model: small } }
  judge: { use: ./judge.js }
rollout: { policy: student }
`,
};

describe("--set", () => {
  for (const [value, expected] of [
    ["qwen3-8b", "qwen3-8b"],
    ["@scope/name", "@scope/name"],
    ["Qwen/Qwen3: a # b", "Qwen/Qwen3: a # b"],
    ["a=b", "a=b"],
    ['"5"', "5"],
    ["'true'", "true"],
    ["5", 5],
    ["-0.5", -0.5],
    ["1e3", 1000],
    ["1e999", "1e999"],
    ["2024-01-01", "2024-01-01"],
    ["---", "---"],
    ["true", true],
    ["null", null],
    ['""', ""],
    ["[a, 1]", ["a", 1]],
    ["{ x: 1, y: [2] }", { x: 1, y: [2] }],
  ] as const) {
    it(`reads ${JSON.stringify(value)} as ${JSON.stringify(expected)}`, async () => {
      const { plugins } = await resolved(files, { set: [`plugins.student.options.model=${value}`] });
      expect(plugins[0]?.options["model"]).to.deep.equal(expected);
    });
  }

  it("follows the same rules as a file: objects merge, false removes, another use drops options", async () => {
    const { plugins, originOf } = await resolved(files, {
      set: ["plugins.judge=false", "plugins.student={ use: '@x/y', options: { a: 1 } }", "plugins.student.options.b=2", "plugins.new.use=@x/z"],
    });
    expect(plugins.map(({ id, use, options }) => ({ id, use, options }))).to.deep.equal([
      { id: "student", use: "@x/y", options: { a: 1, b: 2 } },
      { id: "new", use: "@x/z", options: {} },
    ]);
    expect(originOf("plugins.student.options.b")).to.include({ file: "--set plugins.student.options.b", line: 0 });
  });

  it("reaches keys with dots in quotes", async () => {
    const { plugins, originOf } = await resolved(files, { set: ['plugins.student.options.headers."x.y"=1'] });
    expect(plugins[0]?.options["headers"]).to.deep.equal({ "x.y": 1 });
    expect(originOf('plugins.student.options.headers."x.y"')?.file).to.contain("--set");
  });

  it("says what is wrong with every one of them", async () => {
    const set = [
      "rollout.candidates",
      "rollout..policy=x",
      "rollout.tools[0]=x",
      "extends=quickstart",
      "rollout.temprature=1",
      "run.seed={a",
      "plugins.judge=true",
      "=1",
      "run.rounds=",
    ];
    expect(await messageFor(files, { set })).to.equal(
      [
        '[ATRAJ_PRESET_INVALID] preset "demo.yaml": 9 mistakes.',
        "  --set takes key.path=value, such as rollout.candidates=8 (--set rollout.candidates)",
        "  --set takes key.path=value, such as rollout.candidates=8 (--set rollout..policy)",
        "  a list is set as a whole: key=[a, b] (--set rollout.tools[0])",
        "  extends can be set in a preset file only (--set extends)",
        "  here a closing } is missing (--set run.seed)",
        "  --set takes key.path=value, such as rollout.candidates=8 (--set )",
        '  run.rounds is empty: null takes back what the preset says, "" is an empty text (--set run.rounds)',
        '  rollout.temprature is not a setting. Did you mean "temperature"? (--set rollout.temprature)',
        "  plugins.judge must be false, but is true (A plugin is { use, options }; false removes an inherited one). (--set plugins.judge)",
      ].join("\n"),
    );
  });
});

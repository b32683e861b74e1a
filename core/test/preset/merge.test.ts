import { join } from "node:path";
import { expect } from "chai";
import { resolvePreset } from "../../src/config/preset/index.ts";
import { resolved, SMALL, scratch } from "./scratch.ts";

describe("merging presets", () => {
  it("lets scalars and lists replace and objects merge", async () => {
    const files = {
      "base.yaml": `plugins:
  student: { use: "@x/policy", options: { model: small, stop: [a, b], headers: { a: 1, b: 2 } } }
  one: { use: "@x/one" }
  two: { use: "@x/two" }
rollout: { policy: student, candidates: 8, tools: [one, two] }
reward: { weights: { format: 1, outcome: 2 } }
`,
      "demo.yaml": `extends: ./base.yaml
plugins: { student: { options: { stop: [c], headers: { b: 3 } } } }
rollout: { tools: [two], temperature: 0 }
reward: { weights: { outcome: 0.5 } }
`,
    };
    const { settings: preset, plugins } = await resolved(files);
    expect(plugins[0]?.options).to.deep.equal({ model: "small", stop: ["c"], headers: { a: 1, b: 3 } });
    expect(preset.rollout).to.include({ candidates: 8, temperature: 0 });
    expect(preset.rollout.tools).to.deep.equal(["two"]);
    expect(preset.reward.weights).to.deep.equal({ format: 1, outcome: 0.5 });
  });

  it("goes through extends left to right: later wins, the file itself last, --set above all", async () => {
    const files = {
      "a.yaml": `${SMALL}run: { seed: 1, hookTimeoutMs: 1, cache: shared, onScorerError: fail }\n`,
      "b.yaml": "run: { seed: 2, hookTimeoutMs: 2, cache: run }\n",
      "demo.yaml": "extends: [./a.yaml, ./b.yaml]\nrun: { seed: 3, hookTimeoutMs: 3 }\n",
    };
    const { settings: preset, layers } = await resolved(files, { set: ["run.seed=4", "run.seed=5"] });
    expect(preset.run).to.deep.equal({
      seed: 5,
      rounds: 1,
      onScorerError: "fail",
      hookTimeoutMs: 3,
      startTimeoutMs: 900_000,
      cache: "run",
      environment: [],
    });
    expect(layers.map(({ file }) => file.split("/").at(-1))).to.deep.equal(["a.yaml", "b.yaml", "demo.yaml"]);
  });

  it("counts a preset that is reached twice once, below all who extend it", async () => {
    const files = {
      "base.yaml": `${SMALL}run: { seed: 1 }\n`,
      "left.yaml": "extends: ./base.yaml\nrun: { seed: 2 }\n",
      "right.yaml": "extends: ./base.yaml\nrun: { cache: shared }\n",
      "demo.yaml": "extends: [./left.yaml, ./right.yaml]\n",
    };
    const { settings: preset, layers } = await resolved(files);
    expect(preset.run).to.include({ seed: 2, cache: "shared" });
    expect(layers).to.have.length(4);
  });

  it("drops inherited options when `use` changes, and keeps them when it is only repeated", async () => {
    const files = {
      "base.yaml": SMALL.replace('policy-local" }', 'policy-local", options: { model: small, seed: 1 } }'),
      "other.yaml": 'extends: ./base.yaml\nplugins: { student: { use: "@autotraj/policy-openai", options: { model: big } } }\n',
      "same.yaml": 'extends: ./base.yaml\nplugins: { student: { use: "@autotraj/policy-local", options: { model: big } } }\n',
    };
    expect((await resolved(files, { ref: "other.yaml" })).plugins[0]?.options).to.deep.equal({ model: "big" });
    expect((await resolved(files, { ref: "same.yaml" })).plugins[0]?.options).to.deep.equal({ model: "big", seed: 1 });
  });

  it("takes ./x.js in two folders for two plugins", async () => {
    const files = {
      "lib/base.yaml": SMALL.replace('"@autotraj/policy-local"', "./x.js, options: { from: lib }"),
      "demo.yaml": "extends: ./lib/base.yaml\nplugins: { student: { use: ./x.js } }\n",
    };
    expect((await resolved(files)).plugins[0]?.options).to.deep.equal({});
  });

  it("keeps a plugin's place of first appearance, whoever changes, removes or brings it back", async () => {
    const files = {
      "base.yaml": "plugins: { student: { use: a }, first: { use: b }, second: { use: c }, third: { use: d } }\nrollout: { policy: student }\n",
      "middle.yaml": "extends: ./base.yaml\nplugins: { own: { use: e }, first: false, third: false }\n",
      "demo.yaml": "extends: ./middle.yaml\nplugins: { mine: { use: f }, second: { use: g }, first: { use: h } }\n",
    };
    const { plugins, removed, settings: preset } = await resolved(files);
    expect(plugins.map(({ id, use }) => `${id}=${use}`)).to.deep.equal(["student=a", "first=h", "second=g", "own=e", "mine=f"]);
    expect(Object.keys(preset.plugins)).to.deep.equal(plugins.map(({ id }) => id));
    expect(removed.map(({ path, at }) => `${path.join(".")} ${at.file.split("/").at(-1)}:${at.line}`)).to.deep.equal(["plugins.third middle.yaml:2"]);
  });

  it("resolves paths from the file that sets them and plugins from the file that names them", async () => {
    const cwd = scratch({
      "lib/base.yaml": `${SMALL}queries: { train: train.jsonl, evaluate: held-out.jsonl }\n`,
      "demo.yaml":
        "extends: ./lib/base.yaml\nqueries: { evaluate: mine.jsonl }\nplugins: { student: { options: { x: 1 } }, mine: { use: ./mine.js } }\n",
    });
    const { settings: preset, plugins } = await resolvePreset("demo.yaml", { cwd, set: ["plugins.late.use=@x/y"] });
    expect(preset.queries).to.deep.equal({ train: join(cwd, "lib/train.jsonl"), evaluate: join(cwd, "mine.jsonl") });
    expect(plugins.map(({ id, baseDir }) => [id, baseDir])).to.deep.equal([
      ["student", join(cwd, "lib")],
      ["mine", cwd],
      ["late", cwd],
    ]);
    expect(plugins[0]?.declaredAt).to.include({ file: join(cwd, "lib/base.yaml"), line: 2 });
  });

  it("gives the name and description of the preset asked for, not of those it extends", async () => {
    const files = { "base.yaml": `name: base\ndescription: old\n${SMALL}`, "my-preset.yaml": "extends: ./base.yaml\n" };
    const { name, settings: preset } = await resolved(files, { ref: "my-preset.yaml" });
    expect(name).to.equal("my-preset");
    expect(preset).not.to.have.any.keys("name", "description", "extends");
  });

  it("fills in every default and freezes the result all the way down", async () => {
    const { settings: preset, plugins } = await resolved({ "demo.yaml": SMALL });
    expect(preset).to.deep.equal({
      queries: {},
      plugins: { student: { use: "@autotraj/policy-local", options: {} } },
      rollout: {
        policy: "student",
        dialect: "tags",
        candidates: 4,
        temperature: 0.8,
        topP: 1,
        topK: 0,
        maxTokens: 1024,
        maxToolCalls: 3,
        maxTurns: 10,
        inFlight: 64,
        wave: 32,
      },
      repair: { enabled: true, repeats: 0, repeatTemperature: 0.7 },
      reward: { combine: "bounded", weights: {} },
      stages: {},
      ablations: {},
      run: { seed: 0, rounds: 1, onScorerError: "record", hookTimeoutMs: 600_000, startTimeoutMs: 900_000, cache: "run", environment: [] },
    });
    for (const value of [preset, preset.rollout, preset.plugins["student"]?.options, plugins[0]?.options]) expect(value).to.be.frozen;
  });

  it("is not led astray by keys that JavaScript knows", async () => {
    const { plugins } = await resolved({
      "demo.yaml": SMALL.replace('local" }', 'local", options: { __proto__: { polluted: 1 }, constructor: x } }'),
    });
    expect(Object.keys(plugins[0]?.options ?? {})).to.deep.equal(["__proto__", "constructor"]);
    expect(({} as { polluted?: number }).polluted).to.equal(undefined);
  });
});

import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Ajv } from "ajv";
import { expect } from "chai";
import { parse } from "yaml";
import { closedSchema, type KnownPlugin, knownPlugins } from "../src/index.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const MAIN = join(ROOT, "cli/dist/main.js");

type Check = (preset: unknown) => readonly string[];

/** Where a schema sees a mistake, and what it says there. */
function checkBy(schema: object): Check {
  const validate = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false, strictTypes: false, allErrors: true }).compile(schema);
  return (preset) => (validate(preset) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`));
}

describe("the schema of presets with the options of plugins", () => {
  let check: Check;
  let plugins: readonly KnownPlugin[];
  before(async () => {
    plugins = await knownPlugins({ warn: (message) => expect.fail(message) });
    check = checkBy(closedSchema(plugins));
  });

  for (const file of globSync("presets/*/preset.yaml", { cwd: ROOT })) {
    it(`finds nothing wrong with ${file}`, () => {
      expect(check(parse(readFileSync(join(ROOT, file), "utf8")))).to.deep.equal([]);
    });
  }

  it("knows every plugin of this repository, by the name of its package", () => {
    const packages = globSync("plugins/*/*/package.json", { cwd: ROOT, exclude: ["plugins/libraries/**"] });
    const names = packages.map((file) => (JSON.parse(readFileSync(join(ROOT, file), "utf8")) as { name: string }).name);
    expect(names).to.have.length.above(40);
    expect(plugins.flatMap(({ uses }) => uses)).to.include.members(names);
  });

  const answer = (options: object) => ({ plugins: { a: { use: "@autotraj/scorer-answer", options } } });
  const openai = (options: object) => ({ plugins: { p: { use: "@autotraj/policy-openai", options } } });
  for (const [what, preset, at] of [
    ["an option that the plugin does not have", answer({ rule: "strict" }), "/plugins/a/options must NOT have additional properties"],
    ["a value that the option does not take", answer({ rules: "lenient" }), "/plugins/a/options/rules must be equal to one of"],
    ["a text for a number", openai({ maxRetries: "three" }), "/plugins/p/options/maxRetries must be integer"],
    ["an option of an option that is not there", openai({ concurrency: { begin: 3 } }), "/plugins/p/options/concurrency must NOT have additional"],
    ["a secret that is written down", openai({ apiKey: "sk-123456789012" }), "/plugins/p/options/apiKey must be"],
    ["a reference that names nothing", openai({ baseURL: { $env: "" } }), "/plugins/p/options/baseURL"],
    ["a reference with a key too many", openai({ baseURL: { $env: "URL", fallback: "x" } }), "/plugins/p/options/baseURL"],
    ["a setting that neither the stage nor a trainer has", { stages: { sft: { epoch: 3 } } }, "/stages/sft must NOT have additional properties"],
    ["a wrong setting", { stages: { rl: { steps: 0 } } }, "/stages/rl/steps must be >= 1"],
    [
      "a wrong setting in an ablation",
      { ablations: { a: { stage: "sft", settings: { rows: "none" } } } },
      "/ablations/a/settings/rows must be equal",
    ],
    ["a setting of the preset that is not there", { rollout: { candidate: 4 } }, "/rollout must NOT have additional properties"],
    ["a key that is not there", { stage: {} }, " must NOT have additional properties"],
    ["an entry's key that is not there", { plugins: { a: { uses: "@autotraj/scorer-answer" } } }, "/plugins/a must NOT have additional properties"],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(check(preset).join("\n")).to.contain(at);
    });
  }

  it("takes what one file may leave to others, take back, or take from elsewhere", () => {
    expect(check(openai({ model: null, baseURL: { $env: "URL", default: "http://here/v1" }, apiKey: { $file: "key.txt" } }))).to.deep.equal([]);
    expect(check({ plugins: { p: { options: { model: "m" } }, q: false } })).to.deep.equal([]);
    expect(check({ stages: { sft: { trainer: "mine", lora: { rank: null } }, rl: false, evaluate: null } })).to.deep.equal([]);
  });

  it("says nothing of plugins and stages that are not installed", () => {
    expect(check({ plugins: { x: { use: "autotraj-scorer-elsewhere", options: { any: 1 } } }, stages: { distil: { most: 3 } } })).to.deep.equal([]);
  });

  it("names the installed plugins where `use` stands, each with what it is", () => {
    const { entry } = closedSchema(plugins)["definitions"] as {
      entry: { properties: { use: { anyOf: { enum?: string[]; description?: string }[] } } };
    };
    const named = entry.properties.use.anyOf.find(({ enum: names }) => names?.includes("@autotraj/scorer-answer"));
    expect(named?.description).to.be.a("string").and.not.empty;
  });
});

describe("autotraj schema", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-schema-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const autotraj = (...args: string[]) =>
    execFileSync(process.execPath, [MAIN, ...args], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

  it("knows a preset's own plugins by their paths, and all of its plugins by their ids, without its secrets", () => {
    const options = `{ type: "object", additionalProperties: false, properties: { longest: { type: "integer", default: 20, description: "Characters." } } }`;
    const meta = `{ name: "mine", apiVersion: 1, kind: "scorer", description: "Mine", options: ${options} }`;
    writeFileSync(join(folder, "mine.js"), `export default { meta: ${meta}, setup() {} };\n`);
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "mine.yaml"), "extends: paper-fixed\nplugins: { mine: { use: ./mine.js } }\n");
    expect(autotraj("schema", "mine.yaml", "--out", "schema.json")).to.contain("# yaml-language-server: $schema=schema.json");
    const check = checkBy(JSON.parse(readFileSync(join(folder, "schema.json"), "utf8")) as object);
    expect(check({ plugins: { mine: { use: "./mine.js", options: { longest: 3 } }, gate: { options: { keepAll: 0.92 } } } })).to.deep.equal([]);
    expect(check({ plugins: { mine: { use: "./mine.js", options: { longest: "x" } } } }).join()).to.contain(
      "/plugins/mine/options/longest must be integer",
    );
    expect(check({ plugins: { gate: { options: { keepall: 0.92 } } } }).join()).to.contain(
      "/plugins/gate/options must NOT have additional properties",
    );
    expect(check({ plugins: { gate: { use: "@autotraj/gate-threshold", options: { minimums: { correctness: 1 } } } } })).to.deep.equal([]);
  });

  it("prints the schema where no file is named", () => {
    expect(JSON.parse(autotraj("schema"))).to.include({ title: "AutoTraj preset" });
  });
});

import { join } from "node:path";
import { expect } from "chai";
import { definePreset, resolvePreset } from "../../src/config/preset/index.ts";
import { CORE, failure, messageFor, resolved, SMALL, scratch } from "./scratch.ts";

const JSONC = `{
  // a comment, and a comma at the end
  "plugins": { "student": { "use": "@autotraj/policy-local", }, },
  "rollout": { "policy": "student" },
}`;
const MODULE = 'export default { plugins: { student: { use: "@autotraj/policy-local", options: undefined } }, rollout: { policy: "student" } };';
const TYPED = `import { definePreset, type PresetInput } from "${join(CORE, "src/config/preset/index.ts")}";
const preset: PresetInput = { plugins: { student: { use: "@autotraj/policy-local" } }, rollout: { policy: "student" } };
export default definePreset(preset);`;

describe("where presets come from", () => {
  for (const [name, text] of [
    ["demo.yaml", SMALL],
    ["demo.yml", `\uFEFF${SMALL}`],
    ["demo.jsonc", JSONC],
    ["demo.json", JSONC],
    ["demo.mjs", MODULE],
    ["demo.ts", TYPED],
  ] as const) {
    it(`reads ${name}`, async () => {
      const expected = await resolved({ "demo.yaml": SMALL });
      const { settings: preset, identity } = await resolved({ [name]: text }, { ref: name });
      expect(preset).to.deep.equal(expected.settings);
      expect(identity()).to.equal(expected.identity());
    });
  }

  it("reads what looks like a comment inside a text of JSON as that text, and anything as a comment", async () => {
    const text = `{\r\n\t"description": "http://a /* b */ \\"//c", // "d\u2028}\r\n\t/* {\n"name": */ "name": "x", ${JSONC.slice(1)}\r\n`;
    const { settings, name, originOf } = await resolved({ "demo.json": text }, { ref: "demo.json" });
    expect([settings.description, name, originOf("name")?.line]).to.deep.equal(['http://a /* b */ "//c', "x", 4]);
  });

  it("reads demo.js of an ES module package", async () => {
    const files = { "package.json": '{ "type": "module" }', "demo.js": MODULE };
    expect((await resolved(files, { ref: "./demo.js" })).settings.rollout.policy).to.equal("student");
  });

  it("mixes kinds of files by extends", async () => {
    const files = {
      "base.jsonc": JSONC,
      "middle.mjs": 'export default { extends: "./base.jsonc", run: { seed: 3 } };',
      "demo.yaml": "extends: middle.mjs\n",
    };
    const { settings: preset, originOf } = await resolved(files);
    expect(preset.run.seed).to.equal(3);
    expect(originOf("run.seed")?.line).to.equal(0);
    expect(originOf("plugins.student.use")?.line).to.equal(3);
  });

  it("finds a folder by its preset.yaml and names the preset after it", async () => {
    const { name, file } = await resolved({ "mine/preset.yaml": SMALL }, { ref: "mine" });
    expect(name).to.equal("mine");
    expect(file).to.match(/mine\/preset\.yaml$/);
  });

  it("finds a package from the file that names it, not from the working directory", async () => {
    const cwd = scratch({
      "team/preset.yaml": 'extends: "@acme/preset-strict"\n',
      "team/node_modules/@acme/preset-strict/package.json": '{ "name": "@acme/preset-strict", "exports": { ".": { "import": "./strict.yaml" } } }',
      "team/node_modules/@acme/preset-strict/strict.yaml": SMALL,
      "demo.yaml": "extends: ./team\n",
    });
    expect((await resolvePreset("demo.yaml", { cwd })).layers.map(({ file }) => file)).to.deep.equal([
      join(cwd, "team/node_modules/@acme/preset-strict/strict.yaml"),
      join(cwd, "team/preset.yaml"),
      join(cwd, "demo.yaml"),
    ]);
    expect((await failure(resolvePreset("@acme/preset-strict", { cwd }))).code).to.equal("ATRAJ_PRESET_NOT_FOUND");
  });

  it("takes a bare name for one of our own presets, and the user's copy before the bundled one", async () => {
    const files = {
      "demo.yaml": "extends: house\n",
      "node_modules/@autotraj/preset-house/package.json": '{ "exports": "./preset.yaml" }',
      "node_modules/@autotraj/preset-house/preset.yaml": SMALL,
    };
    expect((await resolved(files)).settings.rollout.policy).to.equal("student");
    expect((await resolved(files, { ref: "house" })).name).to.equal("house");
  });

  it("repeats what a YAML anchor holds, and refuses one that holds itself", async () => {
    const text = `${SMALL}reward: { weights: &w { a: 1 } }\nstages: { sft: { w: *w } }\n`;
    expect((await resolved({ "demo.yaml": text })).settings.stages.sft).to.deep.equal({ w: { a: 1 } });
    expect(await messageFor({ "demo.yaml": "stages: { sft: &s { again: *s } }\n" })).to.contain(
      "an alias (*) stands inside the value it repeats (demo.yaml:1)",
    );
  });

  for (const [what, text, expected] of [
    ["exports nothing", "export const preset = {};", "the module must export an object: export default definePreset({ … }) (demo.mjs)"],
    ["holds a function", "export default { run: { seed: () => 1 } };", "run.seed is a function; a preset holds plain data only (demo.mjs)"],
    ["holds a class instance", "export default { run: new Map() };", "run is a Map; a preset holds plain data only (demo.mjs)"],
    ["contains itself", "const a = {}; a.run = a; export default a;", "run contains itself (demo.mjs)"],
    ["throws", "throw new Error('boom');", "the module cannot be loaded: boom (demo.mjs:1)"],
    ["is no JavaScript", "\n\nexport default {", "the module cannot be loaded: Unexpected end of input (demo.mjs:3)"],
  ] as const) {
    it(`refuses a module that ${what}`, async () => {
      expect(await messageFor({ "demo.mjs": text }, { ref: "demo.mjs" })).to.equal(
        `[ATRAJ_PRESET_SYNTAX] preset "demo.mjs": 1 mistake.\n  ${expected}`,
      );
    });
  }

  it("types a preset without changing it", () => {
    const preset = { extends: "quickstart", plugins: { judge: false }, rollout: { candidates: 8 } } as const;
    expect(definePreset(preset)).to.equal(preset);
  });
});

describe("a preset made to exhaust its reader", () => {
  const laughs = [
    "a0: &a0 [x, x, x, x, x, x, x, x, x, x]",
    ...Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n}, `.repeat(10)}]`),
  ].join("\n");
  const deep = "values are nested more than 100 deep; a preset is flatter";
  const many = "the file holds more than 100000 values, counting what aliases (*) repeat; a preset holds fewer";

  for (const [what, ref, text, told] of [
    ["aliases of aliases", "demo.yaml", laughs, new RegExp(`^  ${many.replace(/[(*)]/g, "\\$&")} \\(demo.yaml:5\\)$`, "m")],
    ["brackets in YAML", "demo.yaml", `plugins: ${"[".repeat(100_000)}`, new RegExp(`^  ${deep} \\(demo.yaml:1:`, "m")],
    ["brackets that close", "demo.yaml", `a:\n  b: ${"[".repeat(200)}${"]".repeat(200)}`, new RegExp(`^  ${deep} \\(demo.yaml:2\\)`, "m")],
    ["dashes", "demo.yaml", `${"- ".repeat(50_000)}x`, new RegExp(`^  ${deep} \\(demo.yaml:1:`, "m")],
    ["brackets in JSON", "demo.json", `{"a":\n${"[".repeat(100_000)}`, new RegExp(`^  ${deep} \\(demo.json:2:`, "m")],
    ["braces in JSON", "demo.jsonc", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`, new RegExp(`^  ${deep} \\(demo.jsonc:1:`, "m")],
    ["many values in JSON", "demo.json", `[${"1,".repeat(100_000)}1]`, /^ {2}the file holds more than 100000 values/m],
    [
      "a nested module",
      "demo.mjs",
      "let a = 1; for (let n = 0; n < 1e5; n++) a = [a]; export default { a };",
      new RegExp(`^  ${deep} \\(demo.mjs\\)$`, "m"),
    ],
    ["its size", "demo.yaml", `# ${"x".repeat(5 * 2 ** 20)}`, /^ {2}the file has 5 MiB; a preset has at most 4 \(demo.yaml\)$/m],
  ] as const) {
    it(`by ${what} is refused with its place`, async function () {
      this.timeout(60_000);
      const message = await messageFor({ [ref]: text }, { ref });
      expect(message.slice(0, 1000)).to.match(told);
      expect(message.length).to.be.below(2000);
    });
  }

  it("by aliases inside --set is refused too", async () => {
    const set = [`run={a: &a [1], b: &b [*a], c: ${"[".repeat(200)}${"]".repeat(200)}}`];
    expect(await messageFor({ "demo.yaml": SMALL }, { set })).to.contain(`${deep} (--set run)`);
  });

  it("by a long chain of presets is refused", async () => {
    const files = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`p${n}.yaml`, `extends: ./p${n + 1}.yaml\n`]));
    expect(await messageFor({ ...files, "p300.yaml": SMALL, "demo.yaml": "extends: ./p0.yaml\n" })).to.contain(
      'extends "./p100.yaml" makes a chain of more than 100 presets. (p99.yaml:1)',
    );
  });
});

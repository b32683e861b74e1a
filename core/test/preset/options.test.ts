import { join } from "node:path";
import { expect } from "chai";
import { validateOptions } from "../../src/config/options.ts";
import { resolvePreset } from "../../src/config/preset/index.ts";
import type { OptionsSchema, Plugin } from "../../src/kernel/plugin.ts";
import { withoutSecrets } from "../../src/kernel/redaction.ts";
import { scratch } from "./scratch.ts";

const SCHEMA: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  required: ["model"],
  properties: {
    model: { type: "string", description: "Which model to ask. Any the server has." },
    maxSteps: { type: "integer", minimum: 1, default: 8, description: "Longest trajectory that still scores 1." },
    mode: { type: "string", enum: ["fast", "careful"], default: "fast", description: "How to judge." },
    apiKey: { type: "string", secret: true, description: "The server's key." },
    examples: { type: "string", path: true, description: "File of worked examples." },
    retry: {
      type: "object",
      additionalProperties: false,
      default: {},
      description: "Retries.",
      properties: {
        attempts: { type: "integer", default: 3, description: "How many." },
        token: { type: "string", secret: true, description: "Another secret." },
      },
    },
    headers: { type: "object", additionalProperties: { type: "string", secret: true }, description: "Extra headers." },
  },
};

function plugin(options: unknown): Plugin {
  return {
    meta: { name: "@acme/scorer", apiVersion: 1, kind: "scorer", description: "A scorer", options: options as OptionsSchema },
    setup: () => {},
  };
}

/** What validation makes of these options, written in `demo.yaml` as YAML. */
async function outcome(options: string, schema: unknown = SCHEMA, env: Record<string, string> = {}) {
  const cwd = scratch({
    "lib/base.yaml":
      "plugins:\n  mine:\n    use: ./scorer.js\n    options:\n      examples: few.jsonl\n  student: { use: x }\nrollout: { policy: student }\n",
    "demo.yaml": `extends: ./lib/base.yaml\nplugins:\n  mine:\n    options:\n${options.replaceAll(/^/gm, "      ")}\n`,
  });
  const preset = await resolvePreset("demo.yaml", { cwd, env });
  const [entry] = preset.plugins;
  if (entry === undefined) throw new Error("no plugin");
  const result = validateOptions(plugin(schema), entry, preset.originOf);
  return { cwd, entry, result, lines: "problems" in result ? [result.code, ...result.problems.map((line) => line.replaceAll(cwd, "<cwd>"))] : [] };
}

describe("a plugin's options", () => {
  it("get their defaults on a copy and are frozen all the way down", async () => {
    const { result, entry } = await outcome("model: m");
    if (!("options" in result)) throw new Error("expected options");
    expect(result.options).to.include({ model: "m", maxSteps: 8, mode: "fast" });
    expect(result.options["retry"]).to.deep.equal({ attempts: 3 }).and.be.frozen;
    expect(result.options).to.be.frozen;
    expect(entry.options).not.to.have.property("maxSteps");
  });

  it("that are wrong are all named, each with what was expected and where it was written", async () => {
    const { lines } = await outcome("maxstep: 4\nmaxSteps: 0\nmode: carefull\nretry: { attempts: two, wait: 1 }\nexamples: 5");
    expect(lines).to.deep.equal([
      "ATRAJ_OPTIONS_INVALID",
      "plugins.mine.options.model is missing (string: Which model to ask). (<cwd>/demo.yaml:4)",
      'plugins.mine.options.maxstep is not an option of this plugin. Did you mean "maxSteps"? (<cwd>/demo.yaml:5)',
      "plugins.mine.options.maxSteps must be at least 1, but is 0. (<cwd>/demo.yaml:6)",
      'plugins.mine.options.mode must be one of fast, careful, but is "carefull". Did you mean "careful"? (<cwd>/demo.yaml:7)',
      "plugins.mine.options.examples must be a string, but is 5 (File of worked examples). (<cwd>/demo.yaml:9)",
      "plugins.mine.options.retry.wait is not an option of this plugin. Known: attempts, token. (<cwd>/demo.yaml:8)",
      'plugins.mine.options.retry.attempts must be an integer, but is "two" (How many). (<cwd>/demo.yaml:8)',
    ]);
  });

  it("marked secret are refused in plain text, without repeating them", async () => {
    const { lines } = await outcome("model: m\napiKey: sk-plain\nretry: { token: 12345 }\nheaders: { Authorization: Bearer-x }");
    const told = "is a secret and must not be written in a preset: use { $env: NAME } or { $file: path }, without a default.";
    expect(lines).to.deep.equal([
      "ATRAJ_SECRET_LITERAL",
      `plugins.mine.options.apiKey ${told} (<cwd>/demo.yaml:6)`,
      `plugins.mine.options.retry.token ${told} (<cwd>/demo.yaml:7)`,
      `plugins.mine.options.headers.Authorization ${told} (<cwd>/demo.yaml:8)`,
      "plugins.mine.options.retry.token must be a string (Another secret). (<cwd>/demo.yaml:7)",
    ]);
  });

  it("marked secret may come from the environment, but not with a default that everybody can read", async () => {
    expect((await outcome("model: m\napiKey: { $env: KEY }", SCHEMA, { KEY: "sk-from-env" })).result).to.have.nested.property(
      "options.apiKey",
      "sk-from-env",
    );
    expect((await outcome("model: m\napiKey: { $env: KEY, default: '' }")).result).to.have.nested.property("options.apiKey", "");
    expect((await outcome("model: m\napiKey: { $env: KEY, default: sk-plain }", SCHEMA, { KEY: "sk-from-env" })).lines[0]).to.equal(
      "ATRAJ_SECRET_LITERAL",
    );
  });

  it("marked secret must be long enough to be hidden", async () => {
    const { lines } = await outcome("model: m\nheaders: { Authorization: { $env: KEY } }", SCHEMA, { KEY: "sk-1234" });
    expect(lines).to.deep.equal([
      "ATRAJ_OPTIONS_INVALID",
      "plugins.mine.options.headers.Authorization is a secret of fewer than 8 characters: it could not be kept out of texts without tearing holes into them. Use a longer one, or leave the option out where none is asked for. (<cwd>/demo.yaml:6)",
    ]);
  });

  it("that come from outside are hidden from then on, unless they are settings", async () => {
    const options = ["apiKey", "model", "named", "url", "login", "folder", "prompt", "level", "known"].map((name) => `${name}: { $env: ${name} }`);
    const text = { type: "string", description: "A text." };
    const properties = { ...SCHEMA.properties, model: { ...text, secret: false }, named: text, url: text, login: text, folder: text, prompt: text };
    const env = {
      apiKey: "marked-secret-1",
      model: "marked-setting-1",
      named: "unmarked-secret-1",
      url: "http://settings-1:8000/v1",
      login: "http://me:password-of-1@host/v1",
      folder: "/folder/of-settings-1",
      prompt: "A prompt, no. 1.\nIn two lines.",
      level: "high",
      known: "declared-setting-1",
    };
    await outcome(
      options.join("\n").replace("{ $env: known }", "{ $env: known, default: x }"),
      { ...SCHEMA, properties: { ...properties, level: text, known: text } },
      env,
    );
    const hidden = Object.entries(env).filter(([, value]) => withoutSecrets(value) !== value);
    expect(hidden.map(([name]) => name)).to.deep.equal(["apiKey", "named", "login"]);
    expect(withoutSecrets("with password-of-1")).to.equal("with <redacted>");
  });

  it("that hold a secret where it does not fit do not show it", async () => {
    const { lines } = await outcome("model: m\nmode: { $env: KEY }", SCHEMA, { KEY: "sk-1" });
    expect(lines).to.deep.equal(["ATRAJ_OPTIONS_INVALID", "plugins.mine.options.mode must be one of fast, careful. (<cwd>/demo.yaml:6)"]);
  });

  it("marked as paths mean from the file that sets them", async () => {
    const inherited = await outcome("model: m");
    expect(inherited.result).to.have.nested.property("options.examples", join(inherited.cwd, "lib/few.jsonl"));
    const own = await outcome("model: m\nexamples: mine.jsonl");
    expect(own.result).to.have.nested.property("options.examples", join(own.cwd, "mine.jsonl"));
  });

  for (const [what, schema, expected] of [
    [
      "open",
      { type: "object", properties: {} },
      'is not closed: it needs type "object" and additionalProperties false, so that a misspelt option is noticed.',
    ],
    [
      "open further down",
      { ...SCHEMA, properties: { a: { type: "object", description: "A.", properties: {} } } },
      'is not closed at a: it needs type "object" and additionalProperties false, so that a misspelt option is noticed.',
    ],
    ["silent on an option", { ...SCHEMA, required: [], properties: { a: { type: "string" } } }, "says nothing of a: it needs a description."],
    [
      "not a JSON Schema",
      { ...SCHEMA, required: [], properties: { a: { type: "strin", description: "A." } } },
      'is not a valid JSON Schema: options.properties.a.type must be one of array, boolean, integer, null, number, object, string, but is "strin". Did you mean "string"?',
    ],
    [
      "using keywords nobody knows",
      { ...SCHEMA, required: [], properties: { a: { type: "string", descripton: "A.", description: "A." } } },
      'is not a valid JSON Schema: JSON Schema has no keyword "descripton".',
    ],
  ] as const) {
    it(`whose schema is ${what} are the plugin author's mistake`, async () => {
      const { lines } = await outcome("model: m", schema);
      expect(lines).to.deep.equal(["ATRAJ_PLUGIN_INVALID", `plugins.mine: the options schema of @acme/scorer ${expected} (<cwd>/lib/base.yaml:3)`]);
    });
  }
});

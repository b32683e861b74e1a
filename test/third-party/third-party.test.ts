/** A scorer written by somebody else, in plain JavaScript, outside this repository, beside our packages as npm would install them. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { workspace, workspaces } from "../boundaries/workspaces.ts";

const run = promisify(execFile);
const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
/** What somebody installs who begins with a scorer; servers are found by their packages' names. */
const INSTALLED = [
  "core",
  "cli",
  "cli/create-plugin",
  "test/kit",
  "plugins/servers/http",
  "plugins/servers/sandbox",
  "plugins/servers/view",
  "plugins/preparers/prompt",
  "plugins/formats/chat",
  "plugins/gates/threshold",
  "plugins/scorers/answer",
  "plugins/scorers/tool-use",
  "plugins/trainers/trl",
];

/** They and what they depend on: npm would look elsewhere for what is not packed here. */
const PACKED = withDependencies(INSTALLED);

function withDependencies(paths: readonly string[]): readonly string[] {
  const found = new Set(paths);
  for (const path of found)
    for (const name of Object.keys(workspace(path).manifest.dependencies ?? {})) {
      const ours = workspaces.find(({ manifest }) => manifest.name === name);
      if (ours !== undefined) found.add(ours.path);
    }
  return [...found];
}

const SCORER = `export default {
  meta: {
    name: "autotraj-scorer-brevity",
    apiVersion: 1,
    kind: "scorer",
    description: "Short answers score high",
    options: {
      type: "object",
      additionalProperties: false,
      properties: { longest: { type: "integer", minimum: 1, default: 20, description: "Characters at which the score reaches 0." } },
    },
  },
  setup(api, { longest }) {
    api.hooks.score.tapPromise({ dimensions: { brevity: { description: "the answer is short" } } }, async (batch) =>
      batch.map(({ trajectory }) => ({
        brevity: { value: Math.max(0, 1 - (trajectory.answer ?? "").length / longest), reason: \`\${(trajectory.answer ?? "").length} characters\` },
      })),
    );
  },
};
`;

const POLICY = `export default {
  meta: { name: "echo-policy", apiVersion: 1, kind: "policy", description: "answers at once", options: { type: "object", additionalProperties: false, properties: {} } },
  setup(api) {
    const token = { key: Symbol.for("autotraj:policy"), name: "policy", many: true };
    api.provide(token, {
      model: "echo", identity: "echo-1", dialects: ["tags"], deterministic: true,
      generate: async ({ seed }) => ({
        text: "<think>short</think>\\n<answer>\\\\boxed{" + "1".repeat(1 + (seed % 4)) + "}</answer>",
        finish: "stop",
        usage: { promptTokens: 1, cachedTokens: 0, completionTokens: 1 },
      }),
    });
  },
};
`;

const PRESET = `name: outside
queries: { train: ./questions.jsonl }
plugins:
  policy: { use: ./policy.mjs }
  prompt: { use: "@autotraj/preparer-prompt" }
  brevity: { use: autotraj-scorer-brevity, options: { longest: 10 } }
rollout: { policy: policy, candidates: 2 }
`;

const TEST = `import assert from "node:assert/strict";
import { test } from "node:test";
import { setupPlugin, testRun } from "@autotraj/testkit";
import brevity from "autotraj-scorer-brevity";

test("half of what is allowed scores half", async () => {
  const { taps } = await setupPlugin(brevity, { options: { longest: 10 } });
  const [scores] = await taps[0].tap([{ trajectory: { answer: "short" }, scores: {}, group: [] }], testRun());
  assert.equal(scores.brevity.value, 0.5);
});

test("an option it does not have is refused", async () => {
  await assert.rejects(setupPlugin(brevity, { options: { longets: 10 } }), { code: "ATRAJ_OPTIONS_INVALID" });
});
`;

describe("a third party's scorer beside our packed packages", function () {
  this.timeout(180_000);
  let project: string;

  before(async () => {
    project = await mkdtemp(join(tmpdir(), "autotraj-third-party-"));
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", project, ...PACKED.map((folder) => `./${folder}`)], {
      cwd: REPOSITORY,
      maxBuffer: 1 << 26,
    });
    const packed = JSON.parse(stdout) as Record<string, { filename: string }> | { filename: string }[];
    const tarballs = Object.values(packed).map(({ filename }) => join(project, filename));
    const scorer = join(project, "autotraj-scorer-brevity");
    await mkdir(scorer);
    await writeFile(join(scorer, "index.js"), SCORER);
    await writeFile(
      join(scorer, "package.json"),
      JSON.stringify({ name: "autotraj-scorer-brevity", version: "1.0.0", type: "module", exports: "./index.js", keywords: ["autotraj-plugin"] }),
    );
    await writeFile(join(project, "package.json"), JSON.stringify({ name: "somebody", private: true }));
    await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", "--install-links", ...tarballs, scorer], {
      cwd: project,
      maxBuffer: 1 << 26,
    });
    await writeFile(join(project, "policy.mjs"), POLICY);
    await writeFile(join(project, "preset.yaml"), PRESET);
    await writeFile(join(project, "questions.jsonl"), ["one?", "two?", "three?"].map((question) => `${JSON.stringify({ question })}\n`).join(""));
  });

  after(() => rm(project, { recursive: true, force: true }));

  it("is twenty-odd lines of plain JavaScript that import nothing", () => {
    expect(SCORER.trim().split("\n").length).to.be.at.most(24);
    expect(SCORER).not.to.match(/\b(import|require)\b/);
  });

  it("adds a dimension that a preset uses, with options checked and defaults filled", async () => {
    await autotraj("run", "preset.yaml", "--out", "run");
    const summary = JSON.parse(await readFile(join(project, "run", "summary.json"), "utf8")) as {
      dimensions: Record<string, { candidates: number }>;
      funnel: { candidates: number };
    };
    expect(summary.funnel.candidates).to.equal(6);
    expect(Object.keys(summary.dimensions)).to.deep.equal(["brevity"]);
    expect(summary.dimensions["brevity"]?.candidates).to.be.within(0.6, 0.9);
  });

  it("is listed among the installed plugins, and what plugins share is not", async () => {
    const { stdout } = await autotraj("plugin", "list", "--json");
    const names = (JSON.parse(stdout) as { package: string }[]).map((row) => row.package);
    expect(names).to.include.members(["autotraj-scorer-brevity", "@autotraj/preparer-prompt", "@autotraj/trainer-trl"]);
    expect(names.filter((name) => /trajectory-text|trainer-backend/.test(name))).to.deep.equal([]);
  });

  it("finds the schema by which an editor checks its preset", async () => {
    const schema = JSON.parse(await readFile(join(project, "node_modules/@autotraj/core/schema/preset.schema.json"), "utf8"));
    expect(schema).to.have.nested.property("properties.stages.properties.sft");
  });

  it("leaves a run whose export holds the Python of a package that plugins share", async () => {
    await autotraj("export", "run", "--to", "trl", "--out", "rows");
    for (const file of ["autotraj_masks.py", "autotraj_tokens.py", "autotraj_trl.py"])
      expect(await readFile(join(project, "rows", file), "utf8"), file).to.contain("import ");
  });

  it("has its options checked like any other plugin's", async () => {
    const failure = await autotraj("config", "check", "preset.yaml", "--set", "plugins.brevity.options.longets=5").catch(
      (error: { code: number; stderr: string }) => error,
    );
    expect(failure).to.have.property("code", 2);
    expect(failure.stderr).to.contain("[ATRAJ_OPTIONS_INVALID]").and.to.contain("longets").and.to.contain('"longest"');
  });

  it("stands beside one that `npm create autotraj-plugin` writes whole, with its own tests, and finds", async () => {
    const create = join(project, "node_modules", ".bin", "create-autotraj-plugin");
    await run(process.execPath, [create, "scorer", "terse", "--language", "js"], { cwd: project });
    const written = join(project, "autotraj-scorer-terse");
    for (const file of [".gitignore", ".github/workflows/test.yml", "LICENSE", "README.md"])
      expect(existsSync(join(written, file)), file).to.equal(true);
    const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"]}` };
    const { stdout } = await run("npm", ["test"], { cwd: written, env });
    expect(stdout).to.contain("fail 0").and.to.contain("autotraj-scorer-terse conforms");
    const { stdout: packed } = await run("npm", ["pack", "--dry-run", "--json"], { cwd: written });
    const files = (Object.values(JSON.parse(packed))[0] as { files: { path: string }[] }).files.map(({ path }) => path);
    expect(files.sort()).to.deep.equal(["LICENSE", "README.md", "package.json", "src/index.js"]);
  });

  it("stands beside a first preset that `autotraj init` writes, which needs nothing more and runs", async () => {
    const { stdout } = await autotraj("init", "first", "--start", "scorer", "--json");
    expect(JSON.parse(stdout).next).to.deep.equal(["cd first", "npx autotraj plan preset.yaml", "npx autotraj run preset.yaml"]);
    await autotraj("plan", "first/preset.yaml");
    await autotraj("run", "first/preset.yaml", "--out", "first-run");
    expect(JSON.parse(await readFile(join(project, "first-run", "summary.json"), "utf8")).funnel.kept).to.be.greaterThan(0);
  });

  it("is tested by its author with the test kit", async () => {
    await writeFile(join(project, "brevity.test.mjs"), TEST);
    const { stdout } = await run(process.execPath, ["--test", "--test-reporter", "tap", "brevity.test.mjs"], { cwd: project });
    expect(stdout).to.contain("# pass 2\n# fail 0");
  });

  function autotraj(...args: string[]): Promise<{ stdout: string; stderr: string }> {
    return run(process.execPath, [join(project, "node_modules", "@autotraj", "cli", "dist", "main.js"), ...args], { cwd: project });
  }
});

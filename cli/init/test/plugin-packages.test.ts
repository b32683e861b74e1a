/** Every template in both languages, written outside this repository: compiled, tested, packed, and used from one preset. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { LANGUAGES, type Language, PLUGIN_TEMPLATES, type PluginTemplate, type WrittenPlugin, writePlugin } from "../src/index.ts";
import { link, newProject, removeProject } from "./project.ts";

const run = promisify(execFile);
const TSC = join(import.meta.dirname, "../../../node_modules/.bin/tsc");

describe("the packages that init writes", function () {
  this.timeout(300_000);
  let project: string;
  const written = new Map<string, WrittenPlugin>();
  const packageOf = (language: Language, kind: PluginTemplate) => written.get(`${language} ${kind}`) as WrittenPlugin;

  before(() => {
    project = newProject();
    for (const language of Object.keys(LANGUAGES) as Language[])
      for (const kind of PLUGIN_TEMPLATES)
        written.set(`${language} ${kind}`, writePlugin({ kind, name: `${language}-${kind}`, language, cwd: project }));
    for (const { package: name, folder } of written.values()) link(folder, join(project, "node_modules", name));
  });
  after(() => removeProject(project));

  it("have a template for every kind in the folder, in both languages", () => {
    const kinds = join(import.meta.dirname, "../templates/kinds");
    expect([...PLUGIN_TEMPLATES].sort()).to.deep.equal(readdirSync(kinds).sort());
    for (const kind of PLUGIN_TEMPLATES) expect(readdirSync(join(kinds, kind))).to.include.members(Object.values(LANGUAGES));
  });

  it("are whole: source, test, README, licence, CI, and a package.json that names what it is", () => {
    for (const [which, { folder, package: name, files }] of written) {
      const [language = "", kind = ""] = which.split(" ");
      const inside = files.map((file) => file.slice(folder.length + 1));
      const expected = [`src/index.${language}`, `test/plugin.test.${language}`, "README.md", "LICENSE", ".gitignore", ".github/workflows/test.yml"];
      expect(inside, which).to.include.members(expected);
      expect(files.filter((file) => readFileSync(file, "utf8").includes("{{"))).to.deep.equal([]);
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      expect(manifest.name).to.equal(name).and.to.equal(`autotraj-${kind}-${language}-${kind}`);
      expect(manifest).to.deep.include({ keywords: ["autotraj-plugin"], license: "MIT", type: "module" });
      const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../../core/package.json"), "utf8"));
      expect(manifest.peerDependencies).to.deep.equal({ "@autotraj/core": `>=${version}` });
    }
  });

  it("compile under a strict tsc, their tests included", async () => {
    for (const kind of PLUGIN_TEMPLATES) {
      const { folder } = packageOf("ts", kind);
      expect(JSON.parse(readFileSync(join(folder, "tsconfig.json"), "utf8")).compilerOptions.strict).to.equal(true);
      for (const config of ["tsconfig.json", "tsconfig.build.json"]) await run(TSC, ["-p", config], { cwd: folder });
      expect(existsSync(join(folder, "dist", "index.d.ts")), kind).to.equal(true);
    }
  });

  for (const language of ["ts", "js"] as const)
    it(`pass their own tests in ${LANGUAGES[language]}`, async () => {
      const tests = PLUGIN_TEMPLATES.map((kind) => join(packageOf(language, kind).folder, "test", `plugin.test.${language}`));
      const node = ["--test", "--test-isolation=none", "--test-reporter=tap", ...tests];
      // What failed stands on its standard output.
      const { stdout } = await run(process.execPath, node, { cwd: project }).catch((error: { stdout: string }) => error);
      expect(stdout, stdout).to.match(/^# fail 0$/m);
    });

  it("are tested by `npm test`, as their README and their CI have it", async () => {
    for (const language of ["ts", "js"] as const) {
      const { stdout } = await run("npm", ["test"], { cwd: packageOf(language, "scorer").folder });
      expect(stdout).to.contain("fail 0").and.to.contain(`autotraj-scorer-${language}-scorer`);
    }
  });

  it("publish what is needed and nothing else", async () => {
    const folders = [...written.values()].map(({ folder }) => folder);
    const { stdout } = await run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts", ...folders], { cwd: project });
    const packed = Object.values(JSON.parse(stdout) as Record<string, { name: string; files: { path: string }[] }>);
    expect(packed).to.have.length(written.size);
    for (const [which, { package: name }] of written) {
      const files = packed.find((one) => one.name === name)?.files.map(({ path }) => path) ?? [];
      const code = files.filter((path) => !["LICENSE", "README.md", "package.json"].includes(path));
      expect(files.length - code.length, which).to.equal(3);
      const wanted = which.startsWith("ts ") ? /^dist\/[a-z]+(\.d\.ts|\.js)$/ : /^src\/[a-z]+\.js$/;
      expect(
        code.filter((path) => !wanted.test(path)),
        which,
      ).to.deep.equal([]);
      expect(code, which).to.include(which.startsWith("ts ") ? "dist/index.js" : "src/index.js");
    }
  });
});

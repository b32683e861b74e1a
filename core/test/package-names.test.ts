import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { adviceFor, canonicalName, locatePackage, packageNames } from "../src/config/package-names.ts";
import { loadPlugin, standaloneEntry } from "../src/config/plugin-loader.ts";
import { resolvePreset } from "../src/config/preset/index.ts";

describe("a package's name", () => {
  it("may be written without AutoTraj's scope or prefix", () => {
    expect(packageNames("scorer-brevity")).to.deep.equal(["@autotraj/scorer-brevity", "autotraj-scorer-brevity", "scorer-brevity"]);
  });

  it("may be written without its kind where only one can be meant, and with it", () => {
    const names = ["@autotraj/preset-strict", "autotraj-preset-strict"];
    expect(packageNames("strict", "preset")).to.deep.equal([...names, "strict"]);
    expect(packageNames("preset-strict", "preset")).to.deep.equal([...names, "preset-strict"]);
  });

  it("is a whole one where it has a scope, a path or AutoTraj's prefix", () => {
    for (const whole of ["@acme/autotraj-scorer-x", "autotraj-scorer-x", "@autotraj/scorer-answer", "some/path"]) {
      expect(packageNames(whole), whole).to.deep.equal([whole]);
    }
  });

  it("means the same in each of its spellings, and another scope means another package", () => {
    expect(["scorer-x", "autotraj-scorer-x", "@autotraj/scorer-x"].map(canonicalName)).to.deep.equal(["scorer-x", "scorer-x", "scorer-x"]);
    expect(canonicalName("@acme/scorer-x")).to.equal("@acme/scorer-x");
  });
});

describe("what is advised where a package is not there", () => {
  const hint = (names: readonly string[]) => {
    const found = locatePackage(names, tmpdir());
    return "url" in found ? found.url : found.hint;
  };

  it("is never to install what nobody checked", () => {
    for (const name of ["answers-for-you", "answer-me", "@acme/preset-strict", "lodahs"]) {
      expect(hint(packageNames(name)), name).not.to.contain("npm");
      expect(hint(packageNames(name, "preset")), name).not.to.contain("npm install answer");
    }
  });

  it("is to install what AutoTraj itself publishes", () => {
    // Where nothing of it is installed, as in a folder outside this repository.
    expect(adviceFor(packageNames("quickstart", "preset"), [])).to.equal("Install it: npm install @autotraj/preset-quickstart");
    expect(adviceFor(packageNames("quickstat", "preset"), [])).to.equal(
      'Did you mean "@autotraj/preset-quickstart"? It is not installed here: npm install @autotraj/preset-quickstart',
    );
  });

  it("is what is installed here and called nearly the same, or the same of its kind", () => {
    expect(hint(packageNames("quickstat", "preset"))).to.equal('Did you mean "@autotraj/preset-quickstart"?');
    expect(hint(packageNames("judge"))).to.equal('Did you mean "@autotraj/scorer-judge"?');
  });
});

describe("one's own packages", () => {
  let folder: string;
  before(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-names-")));
    const write = (file: string, text: string) => {
      mkdirSync(join(folder, file, ".."), { recursive: true });
      writeFileSync(join(folder, file), text);
    };
    const scorer = "node_modules/autotraj-scorer-brevity";
    write(`${scorer}/package.json`, JSON.stringify({ name: "autotraj-scorer-brevity", version: "1.2.3", type: "module", exports: "./index.js" }));
    write(
      `${scorer}/index.js`,
      `export default { meta: { name: "autotraj-scorer-brevity", apiVersion: 1, kind: "scorer", description: "d",
         options: { type: "object", additionalProperties: false, properties: { longest: { type: "integer", default: 1, description: "Longest." } } } }, setup() {} };`,
    );
    const preset = "node_modules/autotraj-preset-strict";
    write(`${preset}/package.json`, JSON.stringify({ name: "autotraj-preset-strict", exports: "./preset.yaml" }));
    write(
      `${preset}/preset.yaml`,
      "plugins: { brevity: { use: autotraj-scorer-brevity, options: { longest: 7 } }, policy: { use: ./policy.js } }\nrollout: { policy: policy }\n",
    );
    write("mine.yaml", "extends: strict\nplugins: { brevity: { use: scorer-brevity } }\n");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("are used by their short names", async () => {
    const { packageName, version } = await loadPlugin(standaloneEntry("scorer-brevity", folder));
    expect([packageName, version]).to.deep.equal(["autotraj-scorer-brevity", "1.2.3"]);
  });

  it("are extended by their short names, and a plugin in another spelling keeps its options", async () => {
    const { plugins, layers } = await resolvePreset("mine.yaml", { cwd: folder });
    expect(layers).to.have.length(2);
    expect(plugins.find(({ id }) => id === "brevity")?.options).to.deep.equal({ longest: 7 });
  });
});

/** The guide's page on plugins shows what its command writes, as it is written. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { PLUGIN_TEMPLATES, writePlugin } from "../src/index.ts";
import { newProject, removeProject } from "./project.ts";

describe("the guide's page on plugins", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/guide/plugins.md"), "utf8");
  const blocks = (language: string) => [...page.matchAll(new RegExp(`^\`\`\`${language}[^\n]*\n(.*?)^\`\`\`$`, "gms"))].map(([, code]) => code);
  let project: string;

  before(() => {
    project = newProject();
  });
  after(() => removeProject(project));

  it("shows the scorer as `init plugin scorer brevity --language js` writes them", () => {
    const { folder } = writePlugin({ kind: "scorer", name: "brevity", language: "js", cwd: project });
    expect(blocks("js")).to.deep.equal([readFileSync(join(folder, "src/index.js"), "utf8")]);
  });

  it("has a row for each kind that there is a template of", () => {
    const rows = [...page.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, kind]) => kind);
    expect(rows.sort()).to.deep.equal([...PLUGIN_TEMPLATES].sort());
  });
});

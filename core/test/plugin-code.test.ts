import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { localCode } from "../src/config/plugin-code.ts";
import { newFolder, writeIn } from "./support/presets.ts";

describe("the code of a plugin", () => {
  let folder: string;
  beforeEach(() => {
    folder = newFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, text: string) => writeIn(folder, name, text);

  const codeOf = (file: string) => localCode(pathToFileURL(file).href);

  it("is its content and that of the files it names, wherever the folder lies", async () => {
    const text = 'import { a } from "./a.mjs";\nconst driver = new URL("./driver.py", import.meta.url);\n';
    for (const place of ["one", "two"]) {
      write(`${place}/mine.mjs`, text);
      write(`${place}/a.mjs`, 'export const a = (await import("./sub/b.mjs")).default;');
      write(`${place}/sub/b.mjs`, "export default 1;");
      write(`${place}/driver.py`, "print(1)");
      write(`${place}/unrelated.mjs`, place);
    }
    const code = await codeOf(join(folder, "one/mine.mjs"));
    expect(code).to.match(/^sha256:[0-9a-f]{16}$/);
    expect(await codeOf(join(folder, "two/mine.mjs"))).to.equal(code);
    for (const [name, changed] of [
      ["mine.mjs", `${text}//`],
      ["a.mjs", "export const a = 2;"],
      ["driver.py", "print(2)"],
    ] as const) {
      write(`two/${name}`, changed);
      expect(await codeOf(join(folder, "two/mine.mjs")), name).not.to.equal(code);
      write(`two/${name}`, name === "mine.mjs" ? text : name === "a.mjs" ? 'export const a = (await import("./sub/b.mjs")).default;' : "print(1)");
      expect(await codeOf(join(folder, "two/mine.mjs")), name).to.equal(code);
    }
    write("two/sub/b.mjs", "export default 2;");
    expect(await codeOf(join(folder, "two/mine.mjs"))).not.to.equal(code);
  });

  it("knows what CommonJS requires without an ending, and files that name each other", async () => {
    const main = write("main.cjs", 'const helper = require("./helper");\nrequire("./missing");');
    write("helper.js", 'require("./main.cjs"); require("./list"); module.exports = 1;');
    write("list/index.js", "module.exports = [];");
    const code = await codeOf(main);
    write("list/index.js", "module.exports = [1];");
    expect(await codeOf(main)).not.to.equal(code);
  });

  it("is also that of packages which are linked rather than installed, and whatever lies in a node_modules folder is known by its version", async () => {
    const manifest = (name: string) => JSON.stringify({ name, type: "module", exports: { "./part": "./src/part.js" } });
    const main = write("plugin/main.mjs", 'import { part } from "@own/shared/part";\nimport "installed/part";\nimport "missing";\nimport "node:fs";');
    write("shared/package.json", manifest("@own/shared"));
    write("shared/src/part.js", 'export const part = new URL("../data/words.json", import.meta.url);');
    write("shared/data/words.json", "[]");
    write("plugin/node_modules/installed/package.json", manifest("installed"));
    write("plugin/node_modules/installed/src/part.js", "");
    mkdirSync(join(folder, "plugin/node_modules/@own"));
    symlinkSync(join(folder, "shared"), join(folder, "plugin/node_modules/@own/shared"));
    const before = await codeOf(main);
    write("plugin/node_modules/installed/src/part.js", "export default 2;");
    expect(await codeOf(main)).to.equal(before);
    write("shared/data/words.json", "[1]");
    expect(await codeOf(main)).not.to.equal(before);
  });

  it("is also all that lies in a folder of programs in other languages, or in one whose files it names by names worked out", async () => {
    const main = write(
      "dist/main.mjs",
      "const a = new URL('../python/run.py', import.meta.url); const b = new URL(`../words/$" + "{name}`, import.meta.url);",
    );
    write("python/run.py", "import frames");
    write("words/de.txt", "ja");
    let before = await codeOf(main);
    for (const name of ["python/frames.py", "python/deep/more.py", "words/en.txt"]) {
      for (const text of ["1", "2"]) {
        write(name, text);
        const code = await codeOf(main);
        expect(code, name).not.to.equal(before);
        before = code;
      }
    }
    write("python/__pycache__/run.pyc", "x");
    write("unrelated.txt", "x");
    expect(await codeOf(main)).to.equal(before);
  });

  it("is not all that lies around it, where it names the folder that it lies in", async () => {
    const main = write("here/main.mjs", 'new URL(".", import.meta.url); new URL("../", import.meta.url); new URL("./notes.txt", import.meta.url);');
    write("here/notes.txt", "x");
    const before = await codeOf(main);
    write("here/runs/run.db", "x");
    expect(await codeOf(main)).to.equal(before);
    write("here/notes.txt", "y");
    expect(await codeOf(main)).not.to.equal(before);
  });

  it("is the version where it is an installed package", async () => {
    expect(await codeOf(write("node_modules/autotraj-x/index.mjs", "export default {};"))).to.equal(undefined);
  });
});

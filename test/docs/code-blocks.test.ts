/** JavaScript and TypeScript on pages is right by the types of the packages that it imports; `.json` is JSON. */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { type Block, contentOf, pages, ROOT, titleOf, WORK } from "./pages.ts";

const FOLDER = join(WORK, "code");

/** What readers have around parts of a test or a program. */
const AROUND: Readonly<Record<string, string>> = {
  "plugins/servers/http/README.md": `import type { EpisodeServer } from "@autotraj/core/plugin"; declare const episodes: Parameters<EpisodeServer["serve"]>[0];`,
  "test/kit/README.md": [
    `import { describe, it } from "node:test"; import assert from "node:assert/strict"; import { SANDBOX, STAGE, TOOL } from "@autotraj/core/plugin"; import { setupPlugin, stageSettings, testRun } from "@autotraj/testkit";`,
    "declare const [brevity, shell, distil, query, sandbox, context, dir, datasets, contentOf]: any[];",
  ].join("\n"),
};

interface Module {
  /** A path: files of one page find each other. */
  readonly name: string;
  readonly code: string;
}

/** Blocks of a page that import nothing go on with the one before. */
function modulesOf(blocks: readonly Block[]): readonly Module[] {
  const modules: Module[] = [];
  for (const block of blocks) {
    const last = modules.at(-1);
    const around = AROUND[block.page];
    if (around === undefined && last !== undefined && !/^(?:import|export) /m.test(block.code)) {
      modules.splice(-1, 1, { ...last, code: `${last.code}\n${block.code}` });
    } else
      modules.push({
        name: join(block.page.replaceAll(/[/.]/g, "-"), block.file ?? `line-${block.line}.${block.language === "js" ? "mjs" : "mts"}`),
        code: `${around ?? ""}\n${block.code}`,
      });
  }
  return modules;
}

const isCode = ({ language, notRun }: Block) => ["js", "ts"].includes(language) && notRun === undefined;
const modules = pages.flatMap((page) => modulesOf(page.blocks.filter(isCode)));

const SETTINGS = {
  extends: join(ROOT, "tsconfig.base.json"),
  compilerOptions: {
    ...{ composite: false, declaration: false, declarationMap: false, sourceMap: false, noEmit: true, allowJs: true, checkJs: true },
    // What a reader need not write in a few lines.
    ...{
      noImplicitAny: false,
      noUncheckedIndexedAccess: false,
      noUnusedLocals: false,
      noUnusedParameters: false,
      verbatimModuleSyntax: false,
      isolatedModules: false,
    },
  },
  include: ["**/*"],
};

describe("the code on pages", () => {
  it("is right by the types of what it imports", () => {
    expect(modules).not.to.be.empty;
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(join(FOLDER, "package.json"), '{ "type": "module" }');
    for (const { name, code } of modules) {
      mkdirSync(dirname(join(FOLDER, name)), { recursive: true });
      writeFileSync(join(FOLDER, name), code);
    }
    writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify(SETTINGS));
    let output = "";
    try {
      execFileSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", FOLDER, "--pretty", "false"], { encoding: "utf8" });
    } catch (error) {
      output = (error as { stdout: string }).stdout;
    }
    expect(output).to.equal("");
    rmSync(FOLDER, { recursive: true });
  });

  for (const block of pages.flatMap(({ blocks }) => blocks).filter(({ language }) => language === "json" || language === "jsonl")) {
    it(`${titleOf(block)} is JSON`, () => {
      const rows = block.language === "json" ? [contentOf(block)] : block.code.split("\n").filter(Boolean);
      for (const row of rows) expect(() => JSON.parse(row), row).not.to.throw();
    });
  }
});

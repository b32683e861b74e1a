/** The JavaScript of plugin templates: what their TypeScript is without its types. */
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { root } from "./process.mjs";

const KINDS = "cli/init/templates/kinds";

/** Path → text, for every file of `typescript` folders. */
export function templatePages() {
  const sources = globSync(`${KINDS}/*/typescript/**/*.ts`, { cwd: root }).sort();
  return Object.fromEntries(
    sources.map((source) => {
      const path = source.replace("/typescript/", "/javascript/").replace(/\.ts$/, ".js");
      return [path, formatted(path, withoutTypes(readFileSync(join(root, source), "utf8")))];
    }),
  );
}

/** Types leave blanks where they stood; files import each other by their new names. */
function withoutTypes(source) {
  const withoutImports = source.replaceAll(/^import type .*;\n/gm, "");
  return stripTypeScriptTypes(withoutImports).replace(/(?<= from "\.{1,2}\/[^"]*)\.ts"/g, '.js"');
}

function formatted(path, code) {
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  const { status, stdout, stderr } = spawnSync(process.execPath, [biome, "check", "--write", `--stdin-file-path=${path}`], {
    cwd: root,
    input: code,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${path} could not be formatted: ${stderr}`);
  return stdout;
}

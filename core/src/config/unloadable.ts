/** Why a plugin's module could not be loaded, for who wrote it and for who uses it. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, relative, sep } from "node:path";
import { AutoTrajError, type ErrorCode, messageOf } from "../kernel/errors.ts";
import { nearest } from "../messages/nearest.ts";
import { originText, placeText } from "../messages/place.ts";
import { lineOf } from "./module-line.ts";
import type { PluginEntry } from "./preset/index.ts";

interface Why {
  readonly code: ErrorCode;
  readonly what: string;
  readonly hint: string;
}

/** @param module path of the file that was to be imported */
export async function unloadable({ id, use, declaredAt }: PluginEntry, module: string, error: unknown): Promise<AutoTrajError> {
  const line = (await lineOf(error, module)) || importLine(module, error);
  const namedAt = placeText(declaredAt);
  const own =
    line > 0
      ? `${placeText({ file: module, line })}, named in ${namedAt}`
      : originText({ namedAt, module }, (error as Error | undefined | null)?.stack);
  const { code, what, hint } = existsSync(module) ? brokenModule(module, error) : missingModule(use, module);
  const where = (existsSync(module) && own) || namedAt;
  return new AutoTrajError(code, { who: `plugin "${id}" (${use})`, plugin: id, what, where, hint, cause: error });
}

function missingModule(use: string, module: string): Why {
  const folder = dirname(module);
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const near = MODULES.map((ending) => `${basename(module)}${ending}`).find((name) => files.includes(name)) ?? nearest(basename(module), files);
  const isBuilt = /^dist$|^build$|^lib$/.test(basename(folder)) || module.includes(`${sep}dist${sep}`);
  const hint = near === undefined ? "A path means from the folder of the file that names it." : `Did you mean "${near}"?`;
  const what = `there is no file ${placeText({ file: module, line: 0 })}.`;
  return { code: "ATRAJ_PLUGIN_NOT_FOUND", what, hint: isBuilt ? `"${use}" has to be compiled first (npm run build).` : hint };
}

/** The line that names what could not be found; 0 where there is none. */
function importLine(module: string, error: unknown): number {
  const [, , name] = MISSING_IMPORT.exec(messageOf(error)) ?? [];
  if (name === undefined || !existsSync(module)) return 0;
  const lines = readFileSync(module, "utf8").split("\n");
  return lines.findIndex((line) => /\b(?:import|from|require)\b/.test(line) && line.includes(basename(name))) + 1;
}

const MODULES: readonly string[] = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"];
const MISSING_IMPORT = /^Cannot find (package|module) '(.+?)'/;

function brokenModule(module: string, error: unknown): Why {
  const [said = ""] = messageOf(error).split("\n");
  const invalid = (what: string, hint: string): Why => ({ code: "ATRAJ_PLUGIN_INVALID", what, hint });
  const [, kind, name = ""] = MISSING_IMPORT.exec(said) ?? [];
  if (kind === "package") return invalid(`it imports the package "${name}", which is not installed where the plugin lies.`, `Install it there.`);
  if (kind === "module") {
    const path = relative(dirname(module), name);
    return invalid(
      `it imports "${path.startsWith(".") ? path : `./${path}`}", and there is no such file.`,
      "Correct the path; it ends as the file does (.js, .mjs).",
    );
  }
  if (statSync(module).isDirectory()) return invalid("it is a folder.", "Name the file in it that exports the plugin, as in ./folder/index.js.");
  if (!MODULES.includes(extname(module))) {
    const what = `it is a file of kind ${extname(module) || "no kind: its name has no ending"}.`;
    return invalid(what, `A plugin is a JavaScript or TypeScript module (${MODULES.join(", ")}). A preset is named in extends.`);
  }
  if (extname(module).endsWith("ts") && /^TypeScript /.test(said))
    return invalid(
      `Node cannot run its file as it is: ${said}.`,
      "Compile it, or write it in TypeScript whose types can be left out: no enum, no namespace.",
    );
  if (/^(?:require|module|exports) is not defined/.test(said))
    return invalid(
      "it is written as CommonJS (require, module.exports) in a file that is an ES module.",
      "Write import and export default, or let its name end in .cjs.",
    );
  if (extname(module) === ".cjs" && /^(?:Unexpected token 'export'|Cannot use import statement)/.test(said))
    return invalid(
      "it is written as an ES module (import, export) in a file that is CommonJS.",
      "Let its name end in .mjs, or end it with module.exports = plugin.",
    );
  if (error instanceof SyntaxError) return invalid(`its file is not valid JavaScript: ${said}.`, "Correct it there.");
  return invalid(`it failed while it was loaded: ${said}`, "What a plugin needs is looked up in its setup, and what is slow begins in api.onStart.");
}

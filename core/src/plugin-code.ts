/** What a plugin's code is, so that a run never mixes two states of it. An installed package is told by its version, anything else by its content. */
import { createHash } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Files named beside the one that names them: imports, requires, and what is read at run time by `new URL("./driver.py", import.meta.url)`. */
const NEIGHBOURS = /(?:\bfrom|\bimport|\brequire|\bnew\s+URL)\s*\(?\s*["'`](\.{1,2}\/[^"'`\n]+)["'`]/g;
/** As CommonJS may leave them out. */
const ENDINGS = ["", ".js", ".cjs", ".json", "/index.js"];

/** `undefined` for a package in a `node_modules` folder; else `sha256:` and 16 hex digits over the module and all its own files that it names. */
export async function localCode(moduleUrl: string): Promise<string | undefined> {
  const entry = await realpath(fileURLToPath(moduleUrl));
  if (entry.split(sep).includes("node_modules")) return undefined;
  const contents = new Map<string, Buffer>();
  await collect(entry, contents);
  const hash = createHash("sha256");
  const named = [...contents].map(([file, content]) => [relative(dirname(entry), file), content] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, content] of named) hash.update(`${name}\0${content.length}\0`).update(content);
  return `sha256:${hash.digest("hex").slice(0, 16)}`;
}

async function collect(file: string, contents: Map<string, Buffer>): Promise<void> {
  const content = await readFile(file);
  contents.set(file, content);
  for (const [, named = ""] of content.toString("utf8").matchAll(NEIGHBOURS)) {
    const found = await firstFile(ENDINGS.map((ending) => join(dirname(file), `${named}${ending}`)));
    if (found !== undefined && !contents.has(found)) await collect(found, contents);
  }
}

async function firstFile(candidates: readonly string[]): Promise<string | undefined> {
  for (const candidate of candidates) {
    // A folder, or a path that only looks like one.
    if (
      await readFile(candidate).then(
        () => true,
        () => false,
      )
    )
      return realpath(candidate);
  }
  return undefined;
}

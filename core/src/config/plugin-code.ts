/** What a plugin's code is, so that a run never mixes two states of it. An installed package is told by its version, anything else by its content. */
import { createHash } from "node:crypto";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname, isAbsolute, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * What a file names beside itself: imports, requires, and what is read at run time by `new URL("./driver.py", import.meta.url)`. Of a path that ends in
 * something worked out (`../python/${name}`) the folder counts.
 */
const NEIGHBOURS = /(?:\bfrom|\bimport|\brequire|\bnew\s+URL)\s*\(?\s*(?:"(\.{1,2}(?:\/[^"\n]*)?)"|'(\.{1,2}(?:\/[^'\n]*)?)'|`(\.{1,2}\/[^`$\n]*))/g;
/** Packages that a file imports by name. */
const PACKAGES = /(?:\bfrom|\bimport)\s*\(?\s*["']((?:@[\w.-]+\/)?[\w-][\w.-]*(?:\/[\w./-]+)?)["']/g;
/** Core tells its own version. */
const CORE = /^@autotraj\/core(?:\/|$)/;
/** As CommonJS may leave them out. */
const ENDINGS = ["", ".js", ".cjs", ".json", "/index.js"];
const OURS = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".json"];
/** Larger files are data; they count by their size. */
const LARGEST = 4 << 20;

/**
 * `undefined` for a package in a `node_modules` folder; else `sha256:` and 16 hex digits over the module and all its own files that it names, those of
 * packages among them that lie in no such folder either: what plugins of one repository share.
 */
export async function localCode(moduleUrl: string): Promise<string | undefined> {
  const entry = await realpath(fileURLToPath(moduleUrl));
  if (entry.split(sep).includes("node_modules")) return undefined;
  const code = new Code(entry);
  await code.add(entry);
  return code.hash();
}

class Code {
  readonly #entry: string;
  readonly #contents = new Map<string, Buffer>();

  constructor(entry: string) {
    this.#entry = entry;
  }

  async add(file: string): Promise<void> {
    if (this.#contents.has(file)) return;
    const { size } = await stat(file);
    const content = size > LARGEST ? Buffer.from(`${size} bytes`) : await readFile(file);
    this.#contents.set(file, content);
    if (!OURS.includes(extname(file))) return this.#addFolder(dirname(file));
    const text = content.toString("utf8");
    for (const [, double, single, template] of text.matchAll(NEIGHBOURS)) {
      await this.#addNamed(join(dirname(file), double ?? single ?? template ?? ""));
    }
    for (const [, specifier = ""] of text.matchAll(PACKAGES)) if (!CORE.test(specifier)) await this.#addPackage(specifier, file);
  }

  async #addPackage(specifier: string, importer: string): Promise<void> {
    let found: string;
    try {
      found = createRequire(importer).resolve(specifier);
    } catch {
      // Not installed, or a word in a text: whoever imports it will say so.
      return;
    }
    if (isAbsolute(found) && !found.split(sep).includes("node_modules")) await this.add(found);
  }

  async #addNamed(path: string): Promise<void> {
    for (const candidate of ENDINGS.map((ending) => `${path}${ending}`)) {
      const found = await stat(candidate).catch(() => undefined);
      if (found?.isFile() === true) return this.add(await realpath(candidate));
      if (found?.isDirectory() === true && candidate === path && (await stat(join(path, "index.js")).catch(() => undefined)) === undefined)
        return this.#addFolder(await realpath(path));
    }
  }

  /** Other languages import from their own folder. One that holds the module is no folder of programs but where the plugin lies. */
  async #addFolder(folder: string): Promise<void> {
    if (`${this.#entry}${sep}`.startsWith(`${folder}${sep}`)) return;
    for (const name of (await readdir(folder)).sort()) {
      if (name === "node_modules" || name === "__pycache__" || name.startsWith(".")) continue;
      const path = join(folder, name);
      if (this.#contents.has(path)) continue;
      if ((await stat(path)).isDirectory()) await this.#addFolder(path);
      else await this.add(path);
    }
  }

  /** Wherever the folder lies. */
  hash(): string {
    const hash = createHash("sha256");
    const from = dirname(this.#entry);
    const named = [...this.#contents].map(([file, content]) => [relative(from, file), content] as const).sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [name, content] of named) hash.update(`${name}\0${content.length}\0`).update(content);
    return `sha256:${hash.digest("hex").slice(0, 16)}`;
  }
}

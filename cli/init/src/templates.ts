/** The files that are written for somebody else: read from this package's folder of templates, with their blanks filled in. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const TEMPLATES = fileURLToPath(new URL("../templates/", import.meta.url));
/** npm packs no file of these names; what is packed under the other is written under this one. */
const DOTTED: Readonly<Record<string, string>> = { _gitignore: ".gitignore" };

export interface NewFile {
  /** Relative to the folder that is to hold it. */
  readonly path: string;
  readonly text: string;
}

/** What stands in place of `{{name}}`. */
export type Blanks = Readonly<Record<string, string>>;

/** All files below a folder of templates, those with a dot included, filled in; none where there is no such folder. */
export function filledFiles(folder: string, blanks: Blanks): readonly NewFile[] {
  const top = join(TEMPLATES, folder);
  if (!existsSync(top)) return [];
  const entries = readdirSync(top, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => relative(top, join(parentPath, name))).sort();
  return paths.map((path) => ({
    path: join(dirname(path), DOTTED[basename(path)] ?? basename(path)),
    text: filled(readFileSync(join(top, path), "utf8"), blanks),
  }));
}

/** One template, filled in. */
export function filledText(file: string, blanks: Blanks): string {
  return filled(readFileSync(join(TEMPLATES, file), "utf8"), blanks);
}

/** The first of these templates that there is, to be put into another one; nothing where there is none. */
export function filledPiece(files: readonly string[], blanks: Blanks): string {
  const file = files.find((path) => existsSync(join(TEMPLATES, path)));
  return file === undefined ? "" : filledText(file, blanks).trimEnd();
}

/** @throws Error for a blank that nobody fills: a mistake in the template */
function filled(text: string, blanks: Blanks): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = blanks[name];
    if (value === undefined) throw new Error(`nothing fills {{${name}}}`);
    return value;
  });
}

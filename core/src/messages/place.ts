/** Key paths and places in files, as messages name them. */
import { dirname, isAbsolute, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Keys and array indexes from the root. */
export type Path = readonly (string | number)[];

/** `plugins.judge.options.headers."x.y"`, `rollout.tools[1]`: what messages show and `--set` reads. */
export function pathText(path: Path): string {
  return path
    .map((segment, index) => {
      if (typeof segment === "number") return `[${segment}]`;
      const key = /^[^.[\]"=\s]+$/.test(segment) ? segment : JSON.stringify(segment);
      return index === 0 ? key : `.${key}`;
    })
    .join("");
}

export interface FilePlace {
  /** Absolute path of the file, or what stands in place of one: `--set <key path>`. */
  readonly file: string;
  /** From 1; 0 where the source has no lines. */
  readonly line: number;
  readonly column?: number | undefined;
}

/** `file:line:column` relative to `cwd` where the file lies below it. */
export function placeText({ file, line, column }: FilePlace, cwd: string = process.cwd()): string {
  const short = isAbsolute(file) && !relative(cwd, file).startsWith("..") ? relative(cwd, file) : file;
  return [short, line, column].filter((part) => part !== undefined && part !== 0).join(":");
}

/** Where a plugin comes from: what is said of it beside its name. */
export interface PluginOrigin {
  /** Where the preset names it, as `file:line`; none for one of a program, or of AutoTraj's own. */
  readonly namedAt?: string;
  /** Absolute path of its module. */
  readonly module?: string;
}

/**
 * `mine.mjs:12, named in demo.yaml:9`: the plugin's own line in this stack, or its file, and who named it; undefined where neither is known.
 * @param stack of what it threw, or of what it called
 */
export function originText({ namedAt, module }: PluginOrigin, stack?: string): string | undefined {
  const own = module === undefined ? undefined : (ownLine(module, stack) ?? placeText({ file: module, line: 0 }));
  return own === undefined || namedAt === undefined ? (own ?? namedAt) : `${own}, named in ${namedAt}`;
}

/** The first line of a stack that is the module's own, or of a file beside or below it that is in no package of another. */
export function ownLine(module: string, stack = ""): string | undefined {
  const folder = dirname(module) + sep;
  const found = framesOf(stack).find(({ file }) => file.startsWith(folder) && !file.slice(folder.length).split(sep).includes("node_modules"));
  return found === undefined ? undefined : placeText(found);
}

const FRAME = /^\s+at (?:.* \()?((?:file:\/\/)?\/.*?):(\d+):\d+\)?$/gm;

/** Files and lines of a stack, innermost first. */
export function framesOf(stack: string): readonly FilePlace[] {
  return [...stack.matchAll(FRAME)].map(([, file = "", line]) => ({
    file: file.startsWith("file:") ? fileURLToPath(file) : file,
    line: Number(line),
  }));
}

/** Reads one preset file: YAML, JSON with comments, or a module with a default export. */
import { readFile, stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { pathToFileURL } from "node:url";
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { messageOf } from "../../kernel/errors.ts";
import { type Path, pathText } from "../../messages/place.ts";
import { importModule } from "../import-module.ts";
import { lineOf } from "../module-line.ts";
import { decode } from "./decode.ts";
import type { Located, LocatedObject, Place } from "./located.ts";
import type { Problem } from "./problems.ts";
import { DEEPEST, inWords, TOO_DEEP, worthTelling } from "./syntax-words.ts";

const MODULE_EXTENSIONS: readonly string[] = [".ts", ".mts", ".mjs", ".js"];
export const PRESET_EXTENSIONS: readonly string[] = [".yaml", ".yml", ".json", ".jsonc", ...MODULE_EXTENSIONS];
/** What is written in these is no YAML, and what a parser of YAML says of it helps nobody. */
const OF_OTHERS: readonly string[] = [".toml", ".ini", ".jsonl", ".py", ".md", ".csv"];

/** No preset comes near these. Beyond them a file is a mistake or an attack: aliases that repeat aliases, brackets that exhaust the stack. */
const MOST_BYTES = 4 * 2 ** 20;
const MOST_VALUES = 100_000;

/** Thrown inside a reader, turned into a problem at its edge. */
class ReadProblem extends Error {
  readonly at: Place;
  constructor(message: string, at: Place) {
    super(message);
    this.at = at;
  }
}

/** Counts the values of one file, repeated ones as often as they are repeated. */
class Budget {
  #values = 0;

  spend(depth: number, place: () => Place): void {
    if (depth > DEEPEST) throw new ReadProblem(TOO_DEEP, place());
    if (++this.#values > MOST_VALUES)
      throw new ReadProblem(`the file holds more than ${MOST_VALUES} values, counting what aliases (*) repeat; a preset holds fewer`, place());
  }
}

/** The file's tree, or what keeps it from being one. */
export async function readPresetFile(file: string): Promise<LocatedObject | readonly Problem[]> {
  const at: Place = { file, line: 0, folder: dirname(file) };
  try {
    const ending = extname(file);
    if (OF_OTHERS.includes(ending)) throw new ReadProblem(`the file ends in ${ending}; a preset ends in ${PRESET_EXTENSIONS.join(", ")}`, at);
    const tree = MODULE_EXTENSIONS.includes(ending) ? await readModule(at) : readText(await readWhole(at), at);
    if (Array.isArray(tree)) return tree;
    if (tree.kind === "object") return tree;
    const what = tree.kind === "array" ? "a list" : tree.value === null ? "empty" : JSON.stringify(tree.value);
    throw new ReadProblem(`the file must hold one object with keys such as extends, queries, plugins, but is ${what}`, tree.at);
  } catch (error) {
    if (error instanceof ReadProblem) return [problemOf(error)];
    return [{ code: "ATRAJ_PRESET_SYNTAX", text: `cannot be read: ${messageOf(error)}`, at }];
  }
}

/** The tree of a preset that is an object in a program, or what keeps it from being one. */
export function readObject(value: object, at: Place): LocatedObject | readonly Problem[] {
  try {
    const tree = fromValue(value, at, [], [], new Budget());
    if (tree.kind === "object") return tree;
    throw new ReadProblem("a preset is one object with keys such as queries, plugins", at);
  } catch (error) {
    if (error instanceof ReadProblem) return [problemOf(error)];
    throw error;
  }
}

function problemOf({ message, at }: ReadProblem): Problem {
  return { code: "ATRAJ_PRESET_SYNTAX", text: message, at };
}

async function readWhole(at: Place): Promise<string> {
  const { size } = await stat(at.file);
  if (size <= MOST_BYTES) {
    const text = decode(await readFile(at.file));
    if (typeof text === "string") return text;
    throw new ReadProblem("the file is not UTF-8 text from this line on; save it as UTF-8", { ...at, ...text });
  }
  throw new ReadProblem(`the file has ${(size / 2 ** 20).toFixed(0)} MiB; a preset has at most ${MOST_BYTES / 2 ** 20}`, at);
}

function readText(source: string, at: Place): Located | Problem[] {
  return extname(at.file).startsWith(".json") ? parse(withoutComments(source, at), at, "json") : readYaml(source, at);
}

/** YAML 1.2 (core schema). Also reads the flow values of `--set`. */
export function readYaml(text: string, at: Place): Located | Problem[] {
  return parse(text, at, "core");
}

/** JSON is YAML, with its own scalars, but for its comments: they become blanks, so that everything keeps its place. */
function withoutComments(text: string, at: Place): string {
  return text.replaceAll(/"(?:[^"\\\n]+|\\.)*("?)|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g, (part: string, quote: string | undefined, offset: number) => {
    if (quote === "") throw new ReadProblem("not JSON: this text has no end on its line", placeIn(text, offset, at));
    return quote === undefined ? part.replaceAll(/[^\n]/g, " ") : part;
  });
}

function placeIn(text: string, offset: number, at: Place): Place {
  const lines = text.slice(0, offset).split("\n");
  return { ...at, line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}

function parse(text: string, at: Place, schema: "core" | "json"): Located | Problem[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, schema });
  const place = (offset: number): Place => positioned(lines, offset, at);
  // A warning is an unknown tag: `!env NAME` would otherwise silently become text.
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0)
    return (
      oddBlank(text, schema, place) ??
      worthTelling(wrong, schema).map((error) => ({
        code: "ATRAJ_PRESET_SYNTAX",
        text: inWords(error, schema, text.charAt(error.pos[0] - 1)),
        at: place(error.pos[0]),
      }))
    );
  const root = document.contents;
  if (root === null) return { kind: "scalar", value: null, at: linePlace(place(0)) };
  try {
    return fromNode(root, linePlace(place(root.range?.[0] ?? 0)), { document, place, budget: new Budget() }, []);
  } catch (error) {
    if (error instanceof ReadProblem) return [problemOf(error)];
    throw error;
  }
}

/** A line that begins with a blank of another kind, which an editor shows as a space. */
function oddBlank(text: string, schema: "core" | "json", place: (offset: number) => Place): Problem[] | undefined {
  const found = schema === "core" ? /^ *[^\S \t\r\n]/mu.exec(text) : null;
  if (found === null) return undefined;
  const what = "this line is indented with a blank that only looks like a space; YAML takes plain spaces";
  return [{ code: "ATRAJ_PRESET_SYNTAX", text: what, at: place(found.index + found[0].length - 1) }];
}

interface Source {
  readonly document: Document;
  readonly place: (offset: number) => Place;
  readonly budget: Budget;
}

/** `at` is the key's place, so that an error about a block points at its first line. */
function fromNode(node: Node, at: Place, source: Source, path: Path, within: readonly Node[] = []): Located {
  // What is repeated too often is named by the alias that was written last.
  const alias = within.find(isAlias);
  source.budget.spend(within.length, () => (alias === undefined ? at : linePlace(source.place(alias.range?.[0] ?? 0))));
  if (within.includes(node)) throw new ReadProblem("an alias (*) stands inside the value it repeats", at);
  if (isAlias(node)) {
    const target = node.resolve(source.document);
    if (target === undefined) throw new ReadProblem(`*${node.source} repeats nothing: there is no &${node.source} before it`, at);
    return fromNode(target, at, source, path, [...within, node]);
  }
  const inner = [...within, node];
  if (isMap<Node, Node | null>(node)) {
    const entries = node.items.map(({ key, value }): [string, Located] => {
      const keyAt = linePlace(source.place(key.range?.[0] ?? 0));
      const name = isScalar(key) ? String(key.value) : String(key);
      return [name, value === null ? { kind: "scalar", value: null, at: keyAt } : fromNode(value, keyAt, source, [...path, name], inner)];
    });
    return { kind: "object", entries: new Map(entries), at };
  }
  if (isSeq<Node>(node)) {
    const items = node.items.map((item, index) => fromNode(item, linePlace(source.place(item.range?.[0] ?? 0)), source, [...path, index], inner));
    return { kind: "array", items, at };
  }
  return scalar(isScalar(node) ? node.value : undefined, at, path);
}

async function readModule(at: Place): Promise<Located> {
  let module: { default?: unknown };
  try {
    module = await importModule(pathToFileURL(at.file).href);
  } catch (error) {
    throw new ReadProblem(`the module cannot be loaded: ${messageOf(error)}`, { ...at, line: await lineOf(error, at.file) });
  }
  if (typeof module.default !== "object" || module.default === null)
    throw new ReadProblem("the module must export an object: export default definePreset({ … })", at);
  if ("setup" in module.default) throw new ReadProblem("this is a plugin, not a preset: a preset names it under plugins, as { use: … }", at);
  return fromValue(module.default, at, [], [], new Budget());
}

function fromValue(value: unknown, at: Place, path: Path, within: readonly object[], budget: Budget): Located {
  budget.spend(within.length, () => at);
  if (typeof value !== "object" || value === null) return scalar(value, at, path);
  if (within.includes(value)) throw new ReadProblem(`${pathText(path)} contains itself`, at);
  const inner = [...within, value];
  if (Array.isArray(value)) return { kind: "array", items: value.map((item, index) => fromValue(item, at, [...path, index], inner, budget)), at };
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype)
    throw new ReadProblem(
      `${named(path)} is a ${value.constructor.name}; a preset holds plain data only${value instanceof Promise ? ": await it" : ""}`,
      at,
    );
  const entries = Object.entries(value).filter(([, child]) => child !== undefined);
  return { kind: "object", entries: new Map(entries.map(([key, child]) => [key, fromValue(child, at, [...path, key], inner, budget)])), at };
}

function scalar(value: unknown, at: Place, path: Path): Located {
  const isLarge = Number.isInteger(value) && !Number.isSafeInteger(value);
  if (isLarge)
    throw new ReadProblem(`${named(path)} is ${value}; whole numbers go up to ${Number.MAX_SAFE_INTEGER}, beyond they are not kept exactly`, at);
  const isPlain = value === null || typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
  if (isPlain) return { kind: "scalar", value, at };
  const what = typeof value === "number" ? `${value}, and has to be a number with an end` : `a ${typeof value}; a preset holds plain data only`;
  throw new ReadProblem(`${named(path)} is ${what}`, at);
}

function named(path: Path): string {
  return path.length === 0 ? "the preset" : pathText(path);
}

function positioned(lines: LineCounter, offset: number, at: Place): Place {
  const { line, col } = lines.linePos(offset);
  return { ...at, line: Math.max(line, 1), column: Math.max(col, 1) };
}

function linePlace({ column: _column, ...place }: Place): Place {
  return place;
}

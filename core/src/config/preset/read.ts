/** Reads one preset file: YAML, JSON with comments, or a module with a default export. */
import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLError } from "yaml";
import { messageOf } from "../../kernel/errors.ts";
import { type Located, type LocatedObject, type Path, type Place, pathText } from "./located.ts";
import type { Problem } from "./problems.ts";

const MODULE_EXTENSIONS: readonly string[] = [".ts", ".mts", ".mjs", ".js"];
export const PRESET_EXTENSIONS: readonly string[] = [".yaml", ".yml", ".json", ".jsonc", ...MODULE_EXTENSIONS];

/** No preset comes near these. Beyond them a file is a mistake or an attack: aliases that repeat aliases, brackets that exhaust the stack. */
const MOST_BYTES = 4 * 2 ** 20;
const MOST_VALUES = 100_000;
const DEEPEST = 100;

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
const TOO_DEEP = `values are nested more than ${DEEPEST} deep; a preset is flatter`;

/** The file's tree, or what keeps it from being one. */
export async function readPresetFile(file: string): Promise<LocatedObject | readonly Problem[]> {
  const at: Place = { file, line: 0, folder: dirname(file) };
  try {
    const tree = MODULE_EXTENSIONS.includes(extname(file)) ? await readModule(at) : readText(await readWhole(at), at);
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
  if (size <= MOST_BYTES) return readFile(at.file, "utf8");
  throw new ReadProblem(`the file has ${(size / 2 ** 20).toFixed(0)} MiB; a preset has at most ${MOST_BYTES / 2 ** 20}`, at);
}

function readText(text: string, at: Place): Located | Problem[] {
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
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
  // In JSON all others follow from the first.
  const told = schema === "json" ? wrong.slice(0, 1) : wrong;
  if (told.length > 0) return told.map((error) => ({ code: "ATRAJ_PRESET_SYNTAX", text: textOf(error, schema), at: place(error.pos[0]) }));
  const root = document.contents;
  if (root === null) return { kind: "scalar", value: null, at: linePlace(place(0)) };
  try {
    return fromNode(root, linePlace(place(root.range?.[0] ?? 0)), { document, place, budget: new Budget() });
  } catch (error) {
    if (error instanceof ReadProblem) return [problemOf(error)];
    throw error;
  }
}

function textOf({ message }: YAMLError, schema: "core" | "json"): string {
  // The parser goes down by recursion, and reports a full stack as an error of the text.
  if (message.startsWith("Maximum call stack size exceeded")) return TOO_DEEP;
  if (schema === "core") return message;
  return `not JSON: ${JSON_WORDS.reduce((text, [yaml, json]) => text.replace(yaml, json), message)}`;
}

/** What the parser says in words of YAML. */
const JSON_WORDS: readonly (readonly [RegExp, string])[] = [
  [/^Implicit keys need to be on a single line$/, "comma expected after this value"],
  [/^Unresolved plain scalar ""$/, "value expected"],
  // Without what stands there: it may be a secret.
  [/^Unresolved plain scalar .*$/s, "no number, true, false or null, and no text in double quotes"],
  [/^Map keys must be unique$/, "this key stands twice in one object"],
  [/^Unexpected [\w-]+ (?:at node end|token in YAML stream:.*)$/, "nothing was expected here"],
  [/ in block collection must be sufficiently indented and end/, " must end"],
  [/flow map/i, "object"],
  [/flow sequence/i, "list"],
];

interface Source {
  readonly document: Document;
  readonly place: (offset: number) => Place;
  readonly budget: Budget;
}

/** `at` is the key's place, so that an error about a block points at its first line. */
function fromNode(node: Node, at: Place, source: Source, within: readonly Node[] = []): Located {
  // What is repeated too often is named by the alias that was written last.
  const alias = within.find(isAlias);
  source.budget.spend(within.length, () => (alias === undefined ? at : linePlace(source.place(alias.range?.[0] ?? 0))));
  if (within.includes(node)) throw new ReadProblem("an alias (*) stands inside the value it repeats", at);
  if (isAlias(node)) {
    const target = node.resolve(source.document);
    if (target === undefined) throw new ReadProblem(`*${node.source} repeats nothing: there is no &${node.source} before it`, at);
    return fromNode(target, at, source, [...within, node]);
  }
  const inner = [...within, node];
  if (isMap<Node, Node | null>(node)) {
    const entries = node.items.map(({ key, value }): [string, Located] => {
      const keyAt = linePlace(source.place(key.range?.[0] ?? 0));
      const name = isScalar(key) ? String(key.value) : String(key);
      return [name, value === null ? { kind: "scalar", value: null, at: keyAt } : fromNode(value, keyAt, source, inner)];
    });
    return { kind: "object", entries: new Map(entries), at };
  }
  if (isSeq<Node>(node)) {
    const items = node.items.map((item) => fromNode(item, linePlace(source.place(item.range?.[0] ?? 0)), source, inner));
    return { kind: "array", items, at };
  }
  return scalar(isScalar(node) ? node.value : undefined, at);
}

async function readModule(at: Place): Promise<Located> {
  let module: { default?: unknown };
  try {
    module = await import(pathToFileURL(at.file).href);
  } catch (error) {
    throw new ReadProblem(`the module cannot be loaded: ${messageOf(error)}`, { ...at, line: await lineOf(error, at.file) });
  }
  if (typeof module.default !== "object" || module.default === null)
    throw new ReadProblem("the module must export an object: export default definePreset({ … })", at);
  return fromValue(module.default, at, [], [], new Budget());
}

/** The line of the module that an error comes from, or 0. The engine tells where a syntax error is only on a fresh process's stderr. */
async function lineOf(error: unknown, file: string): Promise<number> {
  const trace = error instanceof Error ? (error.stack ?? "") : "";
  const isBare = error instanceof SyntaxError && !trace.includes(`${file}:`);
  const text = isBare
    ? await promisify(execFile)(process.execPath, ["--check", file]).then(
        () => "",
        ({ stderr }) => String(stderr),
      )
    : trace;
  const [, after = ""] = text.split(`${file}:`);
  return Number.parseInt(after, 10) || 0;
}

function fromValue(value: unknown, at: Place, path: Path, within: readonly object[], budget: Budget): Located {
  budget.spend(within.length, () => at);
  if (typeof value !== "object" || value === null) return scalar(value, at, path);
  if (within.includes(value)) throw new ReadProblem(`${pathText(path)} contains itself`, at);
  const inner = [...within, value];
  if (Array.isArray(value)) return { kind: "array", items: value.map((item, index) => fromValue(item, at, [...path, index], inner, budget)), at };
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype)
    throw new ReadProblem(`${pathText(path)} is a ${value.constructor.name}; a preset holds plain data only`, at);
  const entries = Object.entries(value).filter(([, child]) => child !== undefined);
  return { kind: "object", entries: new Map(entries.map(([key, child]) => [key, fromValue(child, at, [...path, key], inner, budget)])), at };
}

function scalar(value: unknown, at: Place, path: Path = []): Located {
  const isPlain = value === null || typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
  if (isPlain) return { kind: "scalar", value, at };
  const what = typeof value === "number" ? String(value) : `a ${typeof value}`;
  throw new ReadProblem(`${path.length === 0 ? "a value" : pathText(path)} is ${what}; a preset holds plain data only`, at);
}

function positioned(lines: LineCounter, offset: number, at: Place): Place {
  const { line, col } = lines.linePos(offset);
  return { ...at, line: Math.max(line, 1), column: Math.max(col, 1) };
}

function linePlace({ column: _column, ...place }: Place): Place {
  return place;
}

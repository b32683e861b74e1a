/** Reads one preset file: YAML, JSON with comments, or a module with a default export. */
import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { createScanner, type Node as JsonNode, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node as YamlNode } from "yaml";
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
  return extname(at.file).startsWith(".json") ? readJsonc(source, at) : readYaml(source, at);
}

/** Parses YAML 1.2 (core schema). Also reads the flow values of `--set`. */
export function readYaml(text: string, at: Place): Located | Problem[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const place = (offset: number): Place => positioned(lines, offset, at);
  // A warning is an unknown tag: `!env NAME` would otherwise silently become text.
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0) return wrong.map(({ message, pos }) => ({ code: "ATRAJ_PRESET_SYNTAX", text: yamlText(message), at: place(pos[0]) }));
  const root = document.contents;
  if (root === null) return { kind: "scalar", value: null, at: linePlace(place(0)) };
  try {
    return fromYaml(root, linePlace(place(root.range?.[0] ?? 0)), { document, place, budget: new Budget() });
  } catch (error) {
    if (error instanceof ReadProblem) return [problemOf(error)];
    throw error;
  }
}

/** The parser goes down by recursion, and reports a full stack as an error of the text. */
function yamlText(message: string): string {
  return message.startsWith("Maximum call stack size exceeded") ? TOO_DEEP : message;
}

interface Source {
  readonly place: (offset: number) => Place;
  readonly budget: Budget;
}

interface YamlSource extends Source {
  readonly document: Document;
}

/** `at` is the key's place, so that an error about a block points at its first line. */
function fromYaml(node: YamlNode, at: Place, source: YamlSource, within: readonly YamlNode[] = []): Located {
  // What is repeated too often is named by the alias that was written last.
  const alias = within.find(isAlias);
  source.budget.spend(within.length, () => (alias === undefined ? at : linePlace(source.place(alias.range?.[0] ?? 0))));
  if (within.includes(node)) throw new ReadProblem("an alias (*) stands inside the value it repeats", at);
  if (isAlias(node)) {
    const target = node.resolve(source.document);
    if (target === undefined) throw new ReadProblem(`*${node.source} repeats nothing: there is no &${node.source} before it`, at);
    return fromYaml(target, at, source, [...within, node]);
  }
  const inner = [...within, node];
  if (isMap<YamlNode, YamlNode | null>(node)) {
    const entries = node.items.map(({ key, value }): [string, Located] => {
      const keyAt = linePlace(source.place(key.range?.[0] ?? 0));
      const name = isScalar(key) ? String(key.value) : String(key);
      return [name, value === null ? { kind: "scalar", value: null, at: keyAt } : fromYaml(value, keyAt, source, inner)];
    });
    return { kind: "object", entries: new Map(entries), at };
  }
  if (isSeq<YamlNode>(node)) {
    const items = node.items.map((item) => fromYaml(item, linePlace(source.place(item.range?.[0] ?? 0)), source, inner));
    return { kind: "array", items, at };
  }
  return scalar(isScalar(node) ? node.value : undefined, at);
}

function readJsonc(text: string, at: Place): Located | Problem[] {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) lines.addNewLine(end + 1);
  const place = (offset: number): Place => positioned(lines, offset, at);
  checkNesting(text, place);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  if (errors.length > 0 || root === undefined) {
    const [first] = errors;
    // Only the first: the parser's later complaints follow from it.
    const what = first === undefined ? "value expected" : spaced(printParseErrorCode(first.error));
    return [{ code: "ATRAJ_PRESET_SYNTAX", text: `not JSON: ${what}`, at: place(first?.offset ?? 0) }];
  }
  return fromJson(root, linePlace(place(root.offset)), { place, budget: new Budget() });
}

/** Before the parser, which goes down by recursion. */
function checkNesting(text: string, place: (offset: number) => Place): void {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (scanner.scan(); scanner.getTokenLength() > 0; scanner.scan()) {
    const sign = text[scanner.getTokenOffset()] ?? "";
    if ("{[".includes(sign)) depth++;
    if ("}]".includes(sign)) depth--;
    if (depth > DEEPEST) throw new ReadProblem(TOO_DEEP, place(scanner.getTokenOffset()));
  }
}

function fromJson(node: JsonNode, at: Place, source: Source): Located {
  const { place, budget } = source;
  budget.spend(0, () => at);
  const children = node.children ?? [];
  if (node.type === "array") return { kind: "array", items: children.map((item) => fromJson(item, linePlace(place(item.offset)), source)), at };
  if (node.type !== "object") return scalar(node.value, at);
  const entries = new Map<string, Located>();
  for (const property of children) {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) continue;
    if (entries.has(key.value)) throw new ReadProblem(`the key "${key.value}" stands twice in one object`, place(key.offset));
    entries.set(key.value, fromJson(value, linePlace(place(key.offset)), source));
  }
  return { kind: "object", entries, at };
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

/** `CommaExpected` → `comma expected`. */
function spaced(code: string): string {
  return code.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}

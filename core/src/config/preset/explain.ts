/** `config print`: the resolved preset, every value with the place that set it. */
import type { JsonObject, JsonValue } from "../../kernel/plugin.ts";
import { type Path, pathText, placeText } from "./located.ts";
import type { ResolvedPreset } from "./resolve.ts";

interface Line {
  readonly text: string;
  readonly note: string;
}

/** Notes stand in one column; a value longer than this pushes its own note out. */
const WIDEST_COLUMN = 72;

/** YAML with comments. Secrets show as `<from NAME>`, places relative to `cwd`. */
export function explainPreset(resolved: ResolvedPreset, cwd: string = process.cwd()): string {
  const note = (path: Path): string => {
    const place = resolved.originOf(pathText(path));
    return place === undefined ? "default" : placeText(place, cwd);
  };
  const removed = resolved.removed.map(({ id, at }) => ({ text: `  ${id}: false`, note: placeText(at, cwd) }));
  const lines = Object.entries(resolved.redacted()).flatMap(([key, value]) => [
    ...written(key, value, [key], note),
    ...(key === "plugins" ? removed : []),
  ]);
  const column = Math.min(WIDEST_COLUMN, Math.max(...lines.filter((line) => line.note !== "").map(({ text }) => text.length)));
  const head = [`# ${resolved.name}, made from (later ones win):`, ...resolved.layers.map(({ file }) => `#   ${placeText({ file, line: 0 }, cwd)}`)];
  return [...head, ...lines.map((line) => (line.note === "" ? line.text : `${line.text.padEnd(column)}  # ${line.note}`)), ""].join("\n");
}

function written(key: string, value: JsonValue, path: Path, note: (path: Path) => string): Line[] {
  const indent = "  ".repeat(path.length - 1);
  const isBlock = typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
  if (!isBlock) return [{ text: `${indent}${yamlKey(key)}: ${inline(value)}`, note: note(path) }];
  const children = Object.entries(value as JsonObject).flatMap(([name, child]) => written(name, child, [...path, name], note));
  return [{ text: `${indent}${yamlKey(key)}:`, note: "" }, ...children];
}

/** JSON is YAML; words that cannot be anything else go without quotes. */
function inline(value: JsonValue): string {
  if (typeof value !== "string") return JSON.stringify(value);
  const isWord = /^[A-Za-z./][\w./@-]*$/.test(value) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value);
  return isWord ? value : JSON.stringify(value);
}

function yamlKey(key: string): string {
  return /^[A-Za-z_$][\w$-]*$/.test(key) ? key : JSON.stringify(key);
}

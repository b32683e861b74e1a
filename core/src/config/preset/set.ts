/** `--set key.path=value`: each is a layer of its own, above the preset file. */
import { parse } from "yaml";
import { type Located, type LocatedObject, type Place, parsePath } from "./located.ts";
import type { Problem } from "./problems.ts";
import { readYaml } from "./read.ts";

/** A setting that was not written on a command line. */
export interface PlacedSetting {
  readonly setting: string;
  /** What messages name in place of `--set <key path>`: `study.yaml, arms.kept.stages`. */
  readonly from: string;
}

export function readSetting(given: string | PlacedSetting, cwd: string): LocatedObject | readonly Problem[] {
  const setting = typeof given === "string" ? given : given.setting;
  const equals = setting.indexOf("=");
  const key = equals < 0 ? setting : setting.slice(0, equals).trim();
  // The value stays out of the place's name: it may be a secret.
  const at: Place = { file: typeof given === "string" ? `--set ${key}` : given.from, line: 0, folder: cwd };
  const path = parsePath(key);
  if (equals < 0 || path === undefined)
    return [{ code: "ATRAJ_PRESET_SYNTAX", text: "--set takes key.path=value, such as rollout.candidates=8", at }];
  if (path.some((segment) => typeof segment === "number")) return [{ code: "ATRAJ_PRESET_SYNTAX", text: "a list is set as a whole: key=[a, b]", at }];
  if (path[0] === "extends" || path[0] === "$schema")
    return [{ code: "ATRAJ_PRESET_INVALID", text: `${path[0]} can be set in a preset file only`, at }];
  const text = setting.slice(equals + 1).trim();
  // That of an unset shell variable is, and must not take anything back.
  if (text === "") return [{ code: "ATRAJ_PRESET_INVALID", text: `${key} is empty: null takes back what the preset says, "" is an empty text`, at }];
  const value = readValue(text, at);
  if (Array.isArray(value)) return value;
  return path.reduceRight<Located>(
    (inner, segment) => ({ kind: "object", entries: new Map([[String(segment), inner]]), at }),
    value,
  ) as LocatedObject;
}

/** Lists, objects and quoted text are YAML flow; anything else is a number, true, false, null, or the text as it stands (`@scope/name`, `a: b # c`). */
function readValue(text: string, at: Place): Located | Problem[] {
  if (/^[[{"']/.test(text)) {
    const value = readYaml(text, at);
    return Array.isArray(value) ? value.map((problem) => ({ ...problem, at })) : relocate(value, at);
  }
  const isLiteral = /^(?:[-+]?\.?\d[-+.\w]*|true|false|null|~)$/i.test(text);
  const value: unknown = isLiteral ? parse(text) : text;
  // 1e999 and .nan stay text: they are no JSON.
  const isPlain = value === null || typeof value === "boolean" || Number.isFinite(value);
  return { kind: "scalar", value: isPlain ? (value as number | boolean | null) : text, at };
}

/** A line number means nothing on the command line. */
function relocate(node: Located, at: Place): Located {
  if (node.kind === "scalar") return { ...node, at };
  if (node.kind === "array") return { ...node, items: node.items.map((item) => relocate(item, at)), at };
  return { ...node, entries: new Map([...node.entries].map(([key, value]) => [key, relocate(value, at)])), at };
}

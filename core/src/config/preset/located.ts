/** A preset as a tree in which every value knows where it was written. Merging such trees keeps "who set what" without a second book. */
import type { JsonValue } from "../../kernel/trajectory/model.ts";
import type { Path } from "../../messages/place.ts";

export interface Place {
  /** Absolute path of the file, or `--set <key path>`. */
  readonly file: string;
  /** From 1; 0 where the source has no lines: a module's values, `--set`. */
  readonly line: number;
  readonly column?: number;
  /** What relative paths written here mean from. */
  readonly folder: string;
}

export type Located = LocatedScalar | LocatedArray | LocatedObject;
export interface LocatedScalar {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  readonly at: Place;
}
export interface LocatedArray {
  readonly kind: "array";
  readonly items: readonly Located[];
  readonly at: Place;
}
export interface LocatedObject {
  readonly kind: "object";
  readonly entries: ReadonlyMap<string, Located>;
  readonly at: Place;
}

/** The reverse of {@link pathText}; undefined when the text is no key path. */
export function parsePath(text: string): Path | undefined {
  const path: (string | number)[] = [];
  const segment = /(?:^|\.)(?:("(?:[^"\\]|\\.)*")|([^.[\]"]+))|\[(\d+)\]/y;
  while (segment.lastIndex < text.length) {
    const match = segment.exec(text);
    if (match === null) return undefined;
    const [, quoted, bare, index] = match;
    try {
      path.push(index === undefined ? (bare ?? (JSON.parse(quoted ?? "") as string)) : Number(index));
    } catch {
      return undefined;
    }
  }
  return path.length === 0 ? undefined : path;
}

export function plain(node: Located): JsonValue {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "array") return node.items.map(plain);
  return Object.fromEntries([...node.entries].map(([key, value]) => [key, plain(value)]));
}

export function find(node: Located, path: Path): Located | undefined {
  let found: Located | undefined = node;
  for (const segment of path) {
    if (found?.kind === "object") found = found.entries.get(String(segment));
    else if (found?.kind === "array") found = found.items[Number(segment)];
    else return undefined;
  }
  return found;
}

/** The place of the value at `path`, or of the closest thing around it. */
export function placeOf(node: Located, path: Path): Place {
  for (let length = path.length; length > 0; length -= 1) {
    const found = find(node, path.slice(0, length));
    if (found !== undefined) return found.at;
  }
  return node.at;
}

/** The tree less the value at `path` (the whole array where the path ends inside one). */
export function without(node: LocatedObject, path: Path): LocatedObject {
  const [key, next] = path;
  const child = node.entries.get(String(key));
  const entries = new Map(node.entries);
  if (typeof next === "string" && child?.kind === "object") entries.set(String(key), without(child, path.slice(1)));
  else entries.delete(String(key));
  return { ...node, entries };
}

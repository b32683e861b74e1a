/** Lays presets over each other: scalars and lists replace, objects merge, a plugin's options belong to its `use`; null takes back, false removes by name. */
import { isAbsolute, resolve } from "node:path";
import { didYouMean, nearest } from "../../messages/nearest.ts";
import { type Path, pathText } from "../../messages/place.ts";
import { canonicalName } from "../package-names.ts";
import type { Located, LocatedObject, Place } from "./located.ts";
import type { Problem } from "./problems.ts";
import { isSecretReference } from "./secrets.ts";

export interface Merged {
  /** Without `extends` and all that is taken back. */
  readonly root: LocatedObject;
  readonly removed: readonly Removed[];
  readonly problems: readonly Problem[];
}

/** What null or false stands in place of, and no later preset sets again. */
export interface Removed {
  readonly path: Path;
  readonly by: null | false;
  readonly at: Place;
}

/** These have done their work once the files are read. */
const FILE_KEYS: readonly string[] = ["$schema", "extends"];
/** These say something of one preset, not of those that extend it. */
const OWN_KEYS: readonly string[] = [...FILE_KEYS, "name", "description"];
/** What is in these sections has a name, and false in its place removes it. */
const NAMED: Readonly<Record<string, string>> = { plugins: "a plugin", stages: "a stage", ablations: "an ablation" };

/** @param layers lowest priority first; `top` is the preset asked for, what comes after it was set by hand. */
export function mergeLayers(layers: readonly LocatedObject[], top: LocatedObject): Merged {
  const problems: Problem[] = [];
  const topIndex = layers.indexOf(top);
  let root: LocatedObject = { kind: "object", entries: new Map(), at: top.at };
  for (const [index, layer] of layers.entries()) {
    problems.push(...strangers(root, layer));
    const passedOn = [...layer.entries].filter(([key]) => !(index < topIndex ? OWN_KEYS : FILE_KEYS).includes(key));
    root = { ...mergeObjects(root, { ...layer, entries: new Map(passedOn) }, []), at: top.at };
  }
  const removed: Removed[] = [];
  return { root: withoutTakenBack(root, [], removed) as LocatedObject, removed, problems };
}

function mergeObjects(below: LocatedObject, above: LocatedObject, path: Path): LocatedObject {
  const entries = new Map(below.entries);
  for (const [key, value] of above.entries) {
    const inherited = entries.get(key);
    entries.set(key, inherited === undefined ? value : mergeValues(inherited, value, [...path, key]));
  }
  return { kind: "object", entries, at: above.at };
}

/** What takes something back stays where it stood until all is merged: who brings it back has its place in the order. */
function mergeValues(below: Located, above: Located, path: Path): Located {
  if (below.kind !== "object" || above.kind !== "object" || isSecretReference(below) || isSecretReference(above)) return above;
  const isPlugin = path.length === 2 && path[0] === "plugins";
  return isPlugin && usesAnother(below, above) ? above : mergeObjects(below, above, path);
}

function usesAnother(below: LocatedObject, above: LocatedObject): boolean {
  const [before, use] = [below.entries.get("use"), above.entries.get("use")];
  return before !== undefined && use !== undefined && moduleOf(use) !== moduleOf(before);
}

/** `./x.js` in two folders is two modules. */
function moduleOf(use: Located): string {
  if (use.kind !== "scalar") return "";
  const name = String(use.value);
  return name.startsWith(".") || isAbsolute(name) ? resolve(use.at.folder, name) : canonicalName(name);
}

/** What is removed by name, or is a plugin only with what it inherits, must be there. */
function strangers(root: LocatedObject, layer: LocatedObject): Problem[] {
  return Object.entries(NAMED).flatMap(([section, noun]) => {
    const known = entriesOf(root, section);
    const named = entriesOf(layer, section);
    return [...named].flatMap(([name, entry]): Problem[] => {
      const inherited = known.get(name);
      const near = nearest(
        name,
        [...known, ...named].filter(([other, { kind }]) => kind === "object" && other !== name).map(([other]) => other),
      );
      const nobody = `no extended preset has ${noun} "${name}".${near === undefined ? "" : ` ${didYouMean(name, near)}`}`;
      const what = inherited === undefined ? lonely(entry, section, nobody) : undefined;
      const why = what ?? (section === "plugins" ? useless(entry, inherited, nobody) : undefined);
      return why === undefined ? [] : [{ code: "ATRAJ_PRESET_INVALID", text: `${pathText([section, name])} ${why}`, at: entry.at }];
    });
  });
}

/** Why this entry takes back what nobody has said. */
function lonely(entry: Located, section: string, nobody: string): string | undefined {
  if (isScalar(entry, false)) return `is false, but ${nobody}`;
  if (!isScalar(entry, null)) return undefined;
  return `is empty, which takes back what an extended preset says, but ${nobody} Write ${section === "stages" ? "{} for its defaults" : "what it is"}, or take it out.`;
}

/** Why this entry cannot say what to use; undefined where it need not, or does. */
function useless(entry: Located, inherited: Located | undefined, nobody: string): string | undefined {
  const use = entry.kind === "object" ? entry.entries.get("use") : undefined;
  if (use !== undefined && isScalar(use, null)) return 'takes its "use" back. Give it another one, or remove the plugin with false.';
  if (entry.kind !== "object" || use !== undefined || inherited?.kind === "object") return undefined;
  if (inherited === undefined) return `has no "use", and ${nobody}`;
  return 'has no "use", and the plugin it would inherit from was removed. Give it a "use" to bring it back.';
}

function entriesOf(root: LocatedObject, section: string): ReadonlyMap<string, Located> {
  const node = root.entries.get(section);
  return node?.kind === "object" ? node.entries : new Map();
}

function isScalar(node: Located, value: null | false): boolean {
  return node.kind === "scalar" && node.value === value;
}

function withoutTakenBack(node: Located, path: Path, removed: Removed[]): Located {
  if (node.kind === "scalar") return node;
  if (node.kind === "array") return { ...node, items: node.items.map((item, index) => withoutTakenBack(item, [...path, index], removed)) };
  const kept = [...node.entries].flatMap(([key, child]): [string, Located][] => {
    const inner = [...path, key];
    const by = takenBackBy(child, inner);
    if (by === undefined) return [[key, withoutTakenBack(child, inner, removed)]];
    removed.push({ path: inner, by, at: child.at });
    return [];
  });
  return { ...node, entries: new Map(kept) };
}

function takenBackBy(node: Located, path: Path): null | false | undefined {
  if (isScalar(node, null) && !isForOthers(path)) return null;
  return isScalar(node, false) && path.length === 2 && Object.hasOwn(NAMED, String(path[0])) ? false : undefined;
}

/** Where others say what null means: a plugin's schema may take it as an option's value, and an ablation takes back what its stage says. */
function isForOthers([section, , key, ...inner]: Path): boolean {
  return (section === "plugins" && key === "options" && inner.length > 0) || (section === "ablations" && key === "settings" && inner.length === 1);
}

/** Lays presets over each other: scalars and lists replace, objects merge, a plugin's options belong to its `use`. */
import { isAbsolute, resolve } from "node:path";
import type { Located, LocatedObject, Path, Place } from "./located.ts";
import { nearest } from "./messages.ts";
import type { Problem } from "./problems.ts";
import { isSecretReference } from "./secrets.ts";

export interface Merged {
  /** Without `extends`; removed plugins are gone. */
  readonly root: LocatedObject;
  readonly removed: readonly { readonly id: string; readonly at: Place }[];
  readonly problems: readonly Problem[];
}

/** These have done their work once the files are read. */
const FILE_KEYS: readonly string[] = ["$schema", "extends"];
/** These say something of one preset, not of those that extend it. */
const OWN_KEYS: readonly string[] = [...FILE_KEYS, "name", "description"];

/** @param layers lowest priority first; `top` is the preset asked for, what comes after it was set by hand. */
export function mergeLayers(layers: readonly LocatedObject[], top: LocatedObject): Merged {
  const problems: Problem[] = [];
  const topIndex = layers.indexOf(top);
  let root: LocatedObject = { kind: "object", entries: new Map(), at: top.at };
  for (const [index, layer] of layers.entries()) {
    const inherited = root.entries.get("plugins");
    const plugins = layer.entries.get("plugins");
    const passedOn = [...layer.entries].filter(([key]) => key !== "plugins" && !(index < topIndex ? OWN_KEYS : FILE_KEYS).includes(key));
    const entries = new Map(mergeObjects(root, { ...layer, entries: new Map(passedOn) }).entries);
    if (plugins?.kind === "object") entries.set("plugins", mergePlugins(inherited, plugins, problems));
    root = { ...root, entries };
  }
  return { ...withoutRemoved(root), problems };
}

function mergePlugins(below: Located | undefined, layer: LocatedObject, problems: Problem[]): LocatedObject {
  const entries = new Map(below?.kind === "object" ? below.entries : []);
  for (const [id, entry] of layer.entries) {
    const inherited = entries.get(id);
    const problem = entryProblem(id, entry, inherited, entries);
    if (problem !== undefined) problems.push(problem);
    entries.set(id, entry.kind === "object" && inherited?.kind === "object" ? mergeEntry(inherited, entry) : entry);
  }
  return { ...layer, entries };
}

function mergeEntry(inherited: LocatedObject, entry: LocatedObject): LocatedObject {
  const use = entry.entries.get("use");
  const before = inherited.entries.get("use");
  if (use !== undefined && before !== undefined && moduleOf(use) !== moduleOf(before)) return entry;
  return mergeObjects(inherited, entry);
}

/** `./x.js` in two folders is two modules. */
function moduleOf(use: Located): string {
  if (use.kind !== "scalar") return "";
  const name = String(use.value);
  return name.startsWith(".") || isAbsolute(name) ? resolve(use.at.folder, name) : name;
}

function mergeObjects(below: LocatedObject, above: LocatedObject): LocatedObject {
  const entries = new Map(below.entries);
  for (const [key, value] of above.entries) {
    const inherited = entries.get(key);
    entries.set(key, inherited === undefined ? value : mergeValues(inherited, value));
  }
  return { kind: "object", entries, at: above.at };
}

function mergeValues(below: Located, above: Located): Located {
  const bothObjects = below.kind === "object" && above.kind === "object" && !isSecretReference(below) && !isSecretReference(above);
  return bothObjects ? mergeObjects(below, above) : above;
}

function entryProblem(id: string, entry: Located, inherited: Located | undefined, known: ReadonlyMap<string, Located>): Problem | undefined {
  const path: Path = ["plugins", id];
  const near = nearest(
    id,
    [...known].filter(([, { kind }]) => kind === "object").map(([other]) => other),
  );
  const meant = near === undefined ? "" : ` Did you mean "${near}"?`;
  const problem = (text: string): Problem => ({ code: "ATRAJ_PRESET_INVALID", text: `${path.join(".")} ${text}`, at: entry.at });
  if (entry.kind === "scalar") return inherited === undefined ? problem(`is false, but no extended preset has a plugin "${id}".${meant}`) : undefined;
  if (entry.kind !== "object" || entry.entries.has("use") || inherited?.kind === "object") return undefined;
  if (inherited !== undefined) return problem('has no "use", and the plugin it would inherit from was removed. Give it a "use" to bring it back.');
  return problem(`has no "use", and no extended preset has a plugin "${id}".${meant}`);
}

function withoutRemoved(root: LocatedObject): Pick<Merged, "root" | "removed"> {
  const plugins = root.entries.get("plugins");
  if (plugins?.kind !== "object") return { root, removed: [] };
  const all = [...plugins.entries];
  const kept = new Map(all.filter(([, entry]) => entry.kind === "object"));
  const removed = all.filter(([, entry]) => entry.kind !== "object").map(([id, { at }]) => ({ id, at }));
  return { root: { ...root, entries: new Map(root.entries).set("plugins", { ...plugins, entries: kept }) }, removed };
}

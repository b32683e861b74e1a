/** Follows `extends` from a preset to the presets it builds on. */
import { dirname } from "node:path";
import { placeText } from "../../messages/place.ts";
import { locateExtended, locateGiven, type MissingFile } from "./locate.ts";
import type { Located, LocatedObject, Place } from "./located.ts";
import type { Problem } from "./problems.ts";
import { readPresetFile } from "./read.ts";

export interface Layer {
  readonly file: string;
  readonly tree: LocatedObject;
}

/** No chain of presets comes near this. */
const MOST_IN_A_CHAIN = 100;

export interface Layers {
  /** Lowest priority first; the preset asked for is the last. A preset reached twice counts once, at its lowest place. */
  readonly layers: readonly Layer[];
  readonly problems: readonly Problem[];
}

export async function readLayers(ref: string, cwd: string): Promise<Layers> {
  const layers = new Map<string, Layer>();
  const problems: Problem[] = [];
  const seen = new Set<string>();

  const visit = async (file: string, chain: readonly string[], by?: Place): Promise<void> => {
    seen.add(file);
    const tree = await readPresetFile(file);
    if (!("kind" in tree)) {
      const more = by === undefined ? [] : [`extended in ${placeText(by, cwd)}`];
      problems.push(...tree.map((problem) => ({ ...problem, more })));
      return;
    }
    for (const { ref: parent, at } of parentsOf(tree)) {
      const found = locateExtended(parent, dirname(file));
      if (!("file" in found)) problems.push(missing(`extends "${parent}" could not be found.`, found, at));
      else if ([...chain, file].includes(found.file)) problems.push(circle(parent, [...chain, file, found.file], at, cwd));
      else if (chain.length >= MOST_IN_A_CHAIN) problems.push(tooLong(parent, at));
      else if (!seen.has(found.file)) await visit(found.file, [...chain, file], at);
    }
    layers.set(file, { file, tree });
  };

  const top = locateGiven(ref, cwd);
  if ("file" in top) await visit(top.file, []);
  else problems.push(missing("the preset could not be found.", top));
  return { layers: [...layers.values()], problems };
}

function parentsOf(tree: LocatedObject): { ref: string; at: Place }[] {
  const parents = tree.entries.get("extends");
  const refs: readonly Located[] = parents?.kind === "array" ? parents.items : parents === undefined ? [] : [parents];
  // What is not text is reported by the schema.
  return refs.flatMap((ref) => (ref.kind === "scalar" && typeof ref.value === "string" && ref.value !== "" ? [{ ref: ref.value, at: ref.at }] : []));
}

function missing(text: string, { tried, hint }: MissingFile, at?: Place): Problem {
  const more = [...tried.map((place) => `tried ${place}`), hint];
  return { code: "ATRAJ_PRESET_NOT_FOUND", text, more, ...(at === undefined ? {} : { at }) };
}

function tooLong(ref: string, at: Place): Problem {
  return { code: "ATRAJ_PRESET_INVALID", text: `extends "${ref}" makes a chain of more than ${MOST_IN_A_CHAIN} presets.`, at };
}

function circle(ref: string, chain: readonly string[], at: Place, cwd: string): Problem {
  const ring = chain.slice(chain.indexOf(chain.at(-1) ?? ""));
  const names = ring.map((file) => placeText({ file, line: 0 }, cwd));
  return {
    code: "ATRAJ_PRESET_CYCLE",
    text: `extends "${ref}" closes a circle: ${names.join(" → ")}. Take it out, or move what they share into a preset that both extend.`,
    at,
  };
}

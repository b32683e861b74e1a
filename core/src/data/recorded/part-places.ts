/** Where in a file the parts stand of which a format makes whole rows. Asked only of rows that are refused: what they hold is looked up then. */
import { isJsonObject } from "../../kernel/json.ts";
import type { JsonValue } from "../../kernel/plugin.ts";

/** A span lies so deep in a batch of OTLP's. */
const DEEPEST = 8;

export class PartPlaces {
  readonly #parts: readonly { readonly row: JsonValue; readonly place: string }[];
  #places: Map<JsonValue, string> | undefined;

  constructor(parts: readonly { readonly row: JsonValue; readonly place: string }[]) {
    this.#parts = parts;
  }

  /** Of the row itself, else of the first of its members that a part holds; undefined where all of it was made anew. */
  of(row: JsonValue): string | undefined {
    this.#places ??= this.#placesByValue();
    for (const value of valuesIn(row)) {
      const place = this.#places.get(value);
      if (place !== undefined) return place;
    }
    return undefined;
  }

  #placesByValue(): Map<JsonValue, string> {
    const places = new Map<JsonValue, string>();
    for (const { row, place } of this.#parts) for (const value of valuesIn(row)) if (!places.has(value)) places.set(value, place);
    return places;
  }
}

/** The value itself and the objects and lists in it, outer ones first. What holds nothing is one like any other. */
function* valuesIn(value: JsonValue): Generator<JsonValue> {
  yield value;
  let level = membersOf(value);
  for (let depth = 1; depth <= DEEPEST && level.length > 0; depth++) {
    yield* level;
    level = level.flatMap(membersOf);
  }
}

function membersOf(value: JsonValue): readonly JsonValue[] {
  const members = Array.isArray(value) ? value : isJsonObject(value) ? Object.values(value) : [];
  return members.filter((one) => (Array.isArray(one) || isJsonObject(one)) && Object.keys(one).length > 0);
}

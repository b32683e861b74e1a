/** What of a run's trajectories a format can be given: whole, paired, ending with the model, and well-formed text. What is left out or cut is counted, by reason. */

import { isDeepStrictEqual } from "node:util";
import { endingWithTheModel } from "../data/ending.ts";
import { hasLateResult, unpaired } from "../data/paired.ts";
import { wellFormed } from "../data/well-formed.ts";
import { isJsonObject } from "../kernel/json.ts";
import type { Format, JsonValue, PreferencePair, Trajectory } from "../kernel/plugin.ts";

type Writer = Pick<Format, "refuses" | "pairsByPosition">;

/** Of one data set. */
export class ExportTally {
  #turnsCut = 0;
  readonly #leftOut = new Map<string, number>();

  /** Turns of others after the last one of the model: nothing answers them. */
  get turnsCut(): number {
    return this.#turnsCut;
  }
  /** Rows left out, by reason. */
  get leftOut(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#leftOut);
  }

  /** The rows of a supervised data set. */
  *sft(trajectories: Iterable<Trajectory>, format: Writer & Required<Pick<Format, "sft">>): Generator<JsonValue> {
    for (const trajectory of trajectories) {
      const ready = this.#ready([trajectory], format);
      if (ready !== undefined) yield* this.#written(format.sft(ready[0] as Trajectory));
    }
  }

  *preferences(pairs: Iterable<PreferencePair>, format: Writer & Required<Pick<Format, "preference">>): Generator<JsonValue> {
    for (const { query, chosen, rejected } of pairs) {
      const ready = this.#ready([chosen, rejected], format);
      if (ready === undefined) continue;
      const row = format.preference({ query: wellFormed(query), chosen: ready[0] as Trajectory, rejected: ready[1] as Trajectory });
      if (row !== undefined && hasEqualSides(row)) this.#leave("in this format both sides are the same");
      else yield* this.#written(row);
    }
  }

  /** What comes after the question is not written, so that nothing of it can be wrong. */
  *prompts(trajectories: Iterable<Trajectory>, format: Writer & Required<Pick<Format, "prompt">>): Generator<JsonValue> {
    for (const trajectory of trajectories) yield* this.#written(format.prompt(wellFormed(trajectory)));
  }

  *#written(row: JsonValue | undefined): Generator<JsonValue> {
    if (row === undefined) this.#leave("the format cannot say it");
    else yield row;
  }

  #ready(trajectories: readonly Trajectory[], format: Writer): readonly Trajectory[] | undefined {
    const cut = trajectories.map((trajectory) => wellFormed(endingWithTheModel(trajectory)));
    const reason = cut.map((trajectory) => refusal(trajectory, format)).find((one) => one !== undefined);
    if (reason !== undefined) {
      this.#leave(reason);
      return undefined;
    }
    for (const [index, { messages }] of trajectories.entries()) this.#turnsCut += messages.length - (cut[index] as Trajectory).messages.length;
    return cut;
  }

  #leave(reason: string): void {
    this.#leftOut.set(reason, (this.#leftOut.get(reason) ?? 0) + 1);
  }
}

/** What tells two trajectories apart may have no place in a format: a dialect, a result where only the model's turn is shown. Sides are fields that begin with their names. */
function hasEqualSides(row: JsonValue): boolean {
  if (!isJsonObject(row)) return false;
  const sides = Object.keys(row).filter((field) => field.startsWith(CHOSEN));
  return sides.length > 0 && sides.every((field) => isDeepStrictEqual(row[field], row[`rejected${field.slice(CHOSEN.length)}`]));
}

const CHOSEN = "chosen";

function refusal(trajectory: Trajectory, { refuses, pairsByPosition = false }: Writer): string | undefined {
  const { messages } = trajectory;
  if (!messages.some(({ role }) => role === "assistant")) return "it has no turn of the model";
  if (unpaired(trajectory) !== undefined) return "its calls and results cannot be paired";
  if (pairsByPosition && hasLateResult(messages)) return "a result stands after a later turn, and the format pairs results by their order";
  return refuses?.(trajectory);
}

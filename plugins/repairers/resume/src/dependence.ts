/** Which computations took the results of which, as far as that can be read off their text. */
import { type MadeCall, withoutComments } from "@autotraj/evidence/calls";
import { numbersIn, writingOf } from "@autotraj/evidence/written-number";
import { absolute, floor, keyOf, over, plus, type Rational, times, whole } from "@autotraj/rationals/rational";

/** Decimals to which a result may have been rounded on its way into a call. */
const ROUNDINGS: readonly bigint[] = [10n, 100n, 1000n, 10_000n];
const HALF: Rational = { numerator: 1n, denominator: 2n };
const ASSIGNED = /(?:^|[;\n])[ \t]*([A-Za-z_]\w*)[ \t]*(?:[-+*/%|&]|\*\*|\/\/)?=(?!=)/g;

/**
 * The calls and, of computations, all that they rest on: earlier computations that gave a number which they hold and the question does not give, or that
 * named a value which they use.
 * @param calls those that gave something, in order
 */
export function withWhatTheyRestOn(faulty: readonly MadeCall[], calls: readonly MadeCall[], question: string): ReadonlySet<MadeCall> {
  const found = new Set(faulty);
  const given = new Set(numbersIn(question, "words").map(({ value }) => keyOf(absolute(value))));
  const sources = new Sources(calls);
  for (const call of found) {
    if (call.kind === "computation") for (const earlier of sources.takenBy(call, given)) found.add(earlier);
  }
  return found;
}

class Sources {
  readonly #order: ReadonlyMap<MadeCall, number>;
  /** By number and by name: the computations that gave it and were not taken yet, the last first. */
  readonly #givers = new Map<string, MadeCall[]>();

  constructor(calls: readonly MadeCall[]) {
    this.#order = new Map(calls.map((call, index) => [call, index]));
    for (const call of calls.toReversed()) {
      if (call.kind !== "computation") continue;
      const numbers = numbersIn(call.result?.content ?? "", "words").flatMap(({ value }) => formsOf(absolute(value)));
      for (const key of new Set([...numbers, ...namesAssignedIn(call)])) {
        const givers = this.#givers.get(key);
        if (givers === undefined) this.#givers.set(key, [call]);
        else givers.push(call);
      }
    }
  }

  /** Each only once, so that many calls with the same result cost no more than others. */
  takenBy(call: MadeCall, given: ReadonlySet<string>): readonly MadeCall[] {
    const code = codeOf(call);
    const held = numbersIn(code, writingOf(code)).map(({ value }) => keyOf(absolute(value)));
    const own = new Set(namesAssignedIn(call));
    const used = (call.program === undefined ? [] : (code.match(/[A-Za-z_]\w*/g) ?? [])).filter((name) => !own.has(name));
    const keys = new Set([...held.filter((key) => !given.has(key)), ...used]);
    return [...keys].flatMap((key) => this.#take(key, this.#order.get(call) ?? 0));
  }

  #take(key: string, before: number): readonly MadeCall[] {
    const givers = this.#givers.get(key) ?? [];
    const taken: MadeCall[] = [];
    for (let giver = givers.at(-1); giver !== undefined && (this.#order.get(giver) ?? 0) < before; giver = givers.at(-1)) {
      taken.push(giver);
      givers.pop();
    }
    return taken;
  }
}

function codeOf({ program, text }: MadeCall): string {
  return withoutComments(program ?? text);
}

function namesAssignedIn(call: MadeCall): readonly string[] {
  return call.program === undefined ? [] : Array.from(codeOf(call).matchAll(ASSIGNED), ([, name = ""]) => name);
}

/** A number and its roundings. */
function formsOf(value: Rational): readonly string[] {
  if (value.denominator === 1n) return [keyOf(value)];
  return [keyOf(value), ...ROUNDINGS.map((scale) => keyOf(over(floor(plus(times(value, whole(scale)), HALF)), whole(scale))))];
}

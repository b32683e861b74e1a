/** A trajectory's computations as one: under other quantities, with the results that calls took from earlier calls computed anew as well. */

import type { MadeCall } from "@autotraj/evidence/calls";
import { type Program, readProgram, run } from "@autotraj/evidence/program";
import { numbersIn } from "@autotraj/evidence/written-number";
import { keyOf, type Rational } from "@autotraj/rationals/rational";

/** What a number stands for where the question's quantities are others; undefined for one that the question does not give. */
export type Change = (value: Rational) => Rational | undefined;

export class Computation {
  readonly #programs: readonly (Program | undefined)[];
  /** By result: the calls that gave it, in order. */
  readonly #givers = new Map<string, number[]>();

  constructor(calls: readonly MadeCall[]) {
    this.#programs = calls.map(({ program }) => (program === undefined ? undefined : readProgram(program)));
    for (const [index, { result }] of calls.entries()) {
      const [only, ...others] = numbersIn(result?.content ?? "", "words");
      if (only === undefined || others.length > 0) continue;
      const key = keyOf(only.value);
      this.#givers.set(key, [...(this.#givers.get(key) ?? []), index]);
    }
  }

  /** Whether the last call can be computed here. */
  get isRead(): boolean {
    return this.#programs.at(-1) !== undefined;
  }

  /**
   * What the last call gives; undefined where it has no exact value here.
   * @param constants numbers that stand for themselves also where an earlier call gave them
   */
  under(change: Change, constants: ReadonlySet<string>): Rational | undefined {
    const values = new Map<number, Rational | undefined>();
    // Only what the last call rests on is computed: `change` is asked about no other number.
    const valueOfCall = (index: number): Rational | undefined => {
      if (values.has(index)) return values.get(index);
      const program = this.#programs[index];
      const value = program && run(program, (number) => change(number) ?? this.#taken(number, index, constants, valueOfCall));
      values.set(index, value);
      return value;
    };
    return valueOfCall(this.#programs.length - 1);
  }

  /** A number that the question does not give: what the one earlier call gives that had this result, otherwise the number itself. */
  #taken(number: Rational, index: number, constants: ReadonlySet<string>, valueOfCall: (index: number) => Rational | undefined): Rational {
    const key = keyOf(number);
    const [giver, other] = constants.has(key) ? [] : (this.#givers.get(key) ?? []);
    // Where two calls gave the same nobody can say which one was meant.
    if (giver === undefined || giver >= index || (other !== undefined && other < index)) return number;
    return valueOfCall(giver) ?? number;
  }
}

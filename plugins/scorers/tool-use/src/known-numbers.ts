/**
 * The numbers known so far, asked for one that lies close to another. Adding and asking take turns, so they are kept in sorted runs of which each is at least
 * twice as long as the next: both cost a logarithm, however many there are.
 */
import { approximately, compare, isWithin, minus, plus, type Rational } from "@autotraj/rationals/rational";

interface Entry {
  readonly value: Rational;
  /** For fast comparing; the exact value decides where two are close. */
  readonly near: number;
}

export class KnownNumbers {
  readonly #seen = new Set<string>();
  readonly #runs: (readonly Entry[])[] = [];
  #added: Entry[] = [];

  add(value: Rational): void {
    const key = `${value.numerator}/${value.denominator}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#added.push(entry(value));
  }

  /** Is one of them no further than `distance` from `value`? */
  has(value: Rational, distance: Rational): boolean {
    this.#sort();
    const [least, most] = [entry(minus(value, distance)), entry(plus(value, distance))];
    return this.#runs.some((run) => {
      const first = run[firstFrom(run, least)];
      return first !== undefined && order(first, most) <= 0 && isWithin(first.value, value, distance);
    });
  }

  #sort(): void {
    if (this.#added.length === 0) return;
    let run: readonly Entry[] = this.#added.sort(order);
    this.#added = [];
    for (let last = this.#runs.at(-1); last !== undefined && last.length < 2 * run.length; last = this.#runs.at(-1)) {
      run = merged(last, run);
      this.#runs.pop();
    }
    this.#runs.push(run);
  }
}

function entry(value: Rational): Entry {
  return { value, near: approximately(value) };
}

function order(a: Entry, b: Entry): number {
  const difference = a.near - b.near;
  // Also where one of them is no number.
  if (!(Math.abs(difference) > 1e-9 * Math.max(Math.abs(a.near), Math.abs(b.near)))) return compare(a.value, b.value);
  return difference;
}

/** Place of the first that is not smaller. */
function firstFrom(run: readonly Entry[], least: Entry): number {
  let [low, high] = [0, run.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order(run[middle] as Entry, least) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function merged(a: readonly Entry[], b: readonly Entry[]): readonly Entry[] {
  const all: Entry[] = [];
  let [i, j] = [0, 0];
  for (;;) {
    const [left, right] = [a[i], b[j]];
    if (left === undefined || right === undefined) return [...all, ...a.slice(i), ...b.slice(j)];
    if (order(left, right) <= 0) {
      all.push(left);
      i++;
    } else {
      all.push(right);
      j++;
    }
  }
}

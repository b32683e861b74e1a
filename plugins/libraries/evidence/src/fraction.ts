/** Fractions in text, as people and Python write them: `11/60`, `Fraction(11, 60)`. */
import { over, type Rational, whole } from "@autotraj/rationals/rational";

/** Longer ones nobody compares. */
const FRACTION = /(?<![\w.])(-?\d{1,40})\s*\/\s*(\d{1,40})(?![\w.])|\bFraction\(\s*(-?\d{1,40})\s*,\s*(\d{1,40})\s*\)/g;

export interface WrittenFraction {
  readonly value: Rational;
  /** As written: 2/4 has a 4 below. */
  readonly above: string;
  readonly below: string;
  readonly written: string;
}

/** `(1 + 2)/3` and divisions by zero are none. */
export function fractionsIn(text: string): readonly WrittenFraction[] {
  return [...text.matchAll(FRACTION)].flatMap(([written, a, b, c, d]) => {
    const [above = "", below = ""] = [a ?? c, b ?? d];
    return /^0+$/.test(below) ? [] : [{ value: over(whole(BigInt(above)), whole(BigInt(below))), above, below, written }];
  });
}

/** The fraction that a text is, where it is nothing else. */
export function onlyFraction(text: string): WrittenFraction | undefined {
  const [first] = fractionsIn(text);
  return first?.written === text.trim() ? first : undefined;
}

/** Complex numbers in text: `8.0 - 10.0i`, `(8-10j)`, `-3i`. */
import { compare, decimal, negative, type Rational, whole } from "@autotraj/rationals/rational";

const COMPLEX = /(?<![\w.])([+-]?\d{1,40}(?:\.\d{1,40})?(?=[+-]))?([+-]?)(\d{0,40}(?:\.\d{1,40})?)[ij](?!\w)/g;

export interface Complex {
  readonly real: Rational;
  readonly imaginary: Rational;
}

/** White space and `*` between the parts do not count. */
export function complexIn(text: string): readonly Complex[] {
  const squeezed = text.replace(/[ \t*]+/g, "").replace(/[−]/g, "-");
  return [...squeezed.matchAll(COMPLEX)].flatMap(([, real = "", sign = "", size = ""]) =>
    real === "" && size === "" ? [] : [{ real: signed(real === "" ? "0" : real), imaginary: signed(`${sign}${size === "" ? "1" : size}`) }],
  );
}

export function equalComplex(a: Complex, b: Complex): boolean {
  return compare(a.real, b.real) === 0 && compare(a.imaginary, b.imaginary) === 0;
}

function signed(written: string): Rational {
  const size = written.replace(/^[+-]/, "");
  const value = size === "" ? whole(0n) : decimal(size);
  return written.startsWith("-") ? negative(value) : value;
}

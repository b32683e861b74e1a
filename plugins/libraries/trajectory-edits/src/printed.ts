/** What a program prints, to the last digit: exactly as a calculator does, or in Python's whole numbers and floats. */
import { readProgram, run } from "@autotraj/evidence/program";
import type { Operator } from "@autotraj/rationals/expression";
import { approximately, isWhole, type Rational } from "@autotraj/rationals/rational";
import { written } from "./numbers.ts";
import type { Run } from "./run.ts";

interface Printed {
  readonly text: string;
  readonly value: Rational;
}
type Printer = (program: string) => Printed | undefined;

/** By language, the likelier first: logged calculators are often Python. */
export const PRINTERS: Readonly<Record<Run["language"], readonly Printer[]>> = { python: [asPython], calculator: [asCalculator, asPython] };

function asCalculator(program: string): Printed | undefined {
  const read = readProgram(program);
  const value = read && run(read, itself);
  const text = value && written(value, "where needed");
  return value === undefined || text === undefined ? undefined : { text, value };
}

/** They make floats, or none, of their own. */
const OTHER_TYPES = /\b(?:round|float|Fraction|Decimal)\s*\(/;

function asPython(program: string): Printed | undefined {
  const read = OTHER_TYPES.test(program) ? undefined : readProgram(program);
  const value = read && run(read, itself, pythonOperation);
  const text = value && written(value, isFloat(value) ? "always" : "where needed");
  return value === undefined || text === undefined ? undefined : { text, value };
}

function itself(value: Rational): Rational {
  return value;
}

/** In Python's arithmetic a float is what has a denominator: `2.0` is 4/2, and so is what was written with a point. */
function isFloat({ denominator }: Rational): boolean {
  return denominator !== 1n;
}

/** The exact result of two doubles, rounded once, is what a processor gives. */
function pythonOperation(exact: Rational, operator: Operator, left: Rational, right: Rational): Rational {
  if (operator !== "/" && !isFloat(left) && !isFloat(right) && isWhole(exact)) return exact;
  return asFloat(exact);
}

/** @throws RangeError for what no double holds */
function asFloat(value: Rational): Rational {
  let size = approximately(value);
  if (!Number.isFinite(size)) throw new RangeError("too large");
  let denominator = 2n;
  // Doubles are whole numbers over powers of two.
  while (!Number.isInteger(size)) {
    size *= 2;
    denominator *= 2n;
  }
  return { numerator: BigInt(size) * 2n, denominator };
}

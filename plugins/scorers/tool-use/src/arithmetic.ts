/** Evaluates text such as `(48/2 + 3.5) * 2` exactly: no eval, bounded work whatever the text holds. */
import { absolute, compare, isWhole, minus, modulo, negative, over, plus, power, type Rational, times, whole } from "@autotraj/rationals/rational";
import { rational } from "./written-numbers.ts";

const LONGEST_EXPRESSION = 400;
const DEEPEST = 40;
const LARGEST_EXPONENT = 64n;
/** Powers of powers would soon fill the memory. */
const LARGEST_BASE = 10n ** 400n;

/** The value of a purely arithmetic expression (numbers, + - * / % **, parentheses); undefined for anything else. */
export function evaluate(text: string): Rational | undefined {
  if (text.length > LONGEST_EXPRESSION) return undefined;
  const tokens = tokenize(text.replaceAll("×", "*").replaceAll("÷", "/").replaceAll("−", "-"));
  if (tokens === undefined || !tokens.some((token) => /[-+*/%]/.test(token))) return undefined;
  const parser = new Parser(tokens);
  try {
    const value = parser.sum(0);
    return parser.atEnd ? value : undefined;
  } catch {
    // Division by zero, an exponent out of bounds, something unfinished: not ours to judge.
    return undefined;
  }
}

function tokenize(text: string): readonly string[] | undefined {
  const tokens: string[] = [];
  const pattern = /\s*(\d[\d,]*(?:\.\d*)?|\.\d+|\*\*|[-+*/%()])/y;
  const trimmed = text.trimEnd();
  while (pattern.lastIndex < trimmed.length) {
    const match = pattern.exec(trimmed);
    if (match?.[1] === undefined) return undefined;
    tokens.push(match[1]);
  }
  return tokens;
}

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  get atEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  sum(depth: number): Rational {
    if (depth > DEEPEST) throw new Error("too deep");
    let value = this.#product(depth);
    for (let sign = this.#take("+", "-"); sign !== undefined; sign = this.#take("+", "-")) {
      const right = this.#product(depth);
      value = sign === "+" ? plus(value, right) : minus(value, right);
    }
    return value;
  }

  #product(depth: number): Rational {
    let value = this.#signed(depth);
    for (let sign = this.#take("*", "/", "%"); sign !== undefined; sign = this.#take("*", "/", "%")) {
      const right = this.#signed(depth);
      if (sign === "*") value = times(value, right);
      else value = sign === "/" ? over(value, right) : modulo(value, right);
    }
    return value;
  }

  #signed(depth: number): Rational {
    if (depth > DEEPEST) throw new Error("too deep");
    if (this.#take("-") !== undefined) return negative(this.#signed(depth + 1));
    if (this.#take("+") !== undefined) return this.#signed(depth + 1);
    const base = this.#atom(depth);
    return this.#take("**") === undefined ? base : raised(base, this.#signed(depth + 1));
  }

  #atom(depth: number): Rational {
    if (this.#take("(") !== undefined) {
      const value = this.sum(depth + 1);
      if (this.#take(")") === undefined) throw new Error("unclosed");
      return value;
    }
    const value = rational(this.#tokens[this.#at] ?? "");
    if (value === undefined) throw new Error("no number");
    this.#at++;
    return value;
  }

  #take(...wanted: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined || !wanted.includes(token)) return undefined;
    this.#at++;
    return token;
  }
}

/** @throws RangeError for an exponent that is no whole number, for what gets too large, and for a division by zero */
function raised(base: Rational, exponent: Rational): Rational {
  if (!isWhole(exponent) || compare(absolute(exponent), whole(LARGEST_EXPONENT)) > 0) throw new RangeError("exponent");
  if (absolute(base).numerator > LARGEST_BASE || base.denominator > LARGEST_BASE) throw new RangeError("base");
  return power(base, exponent.numerator / exponent.denominator);
}

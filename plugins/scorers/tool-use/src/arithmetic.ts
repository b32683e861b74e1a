/** Exact arithmetic on text such as `(48/2 + 3.5) * 2`: rationals over BigInt, no eval, bounded work whatever the text holds. */

export interface Rational {
  readonly numerator: bigint;
  /** Always positive. */
  readonly denominator: bigint;
}

const LONGEST_EXPRESSION = 400;
const LARGEST_EXPONENT = 64n;
const MOST_DIGITS = 400;
const DEEPEST = 40;
/** Past these a difference is floating-point noise. */
export const FLOAT_DECIMALS = 9;

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

/** A decimal number as an exact rational; undefined when the text is not one number. Thousands separators are allowed. */
export function rational(text: string): Rational | undefined {
  const match = /^([-+]?)(\d{1,3}(?:,\d{3})+|\d+)?(?:\.(\d*))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = ""] = match;
  if (whole === "" && fraction === "") return undefined;
  if (whole.length + fraction.length > MOST_DIGITS) return undefined;
  const digits = BigInt(`${whole.replaceAll(",", "")}${fraction}`);
  return { numerator: sign === "-" ? -digits : digits, denominator: 10n ** BigInt(fraction.length) };
}

/** How many decimals a number is written with. */
export function decimals(text: string): number {
  const point = text.indexOf(".");
  return point < 0 ? 0 : text.length - point - 1;
}

/** Equal, or equal once the exact value is rounded to as many decimals as were written; decimals past the ninth are floating-point noise. */
export function agrees(exact: Rational, written: Rational, writtenDecimals: number): boolean {
  const difference = abs(exact.numerator * written.denominator - written.numerator * exact.denominator);
  const scale = exact.denominator * written.denominator;
  return 2n * difference * 10n ** BigInt(Math.min(writtenDecimals, FLOAT_DECIMALS)) <= scale;
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
      const { numerator, denominator } = this.#product(depth);
      const signed = sign === "+" ? numerator : -numerator;
      value = reduced(value.numerator * denominator + signed * value.denominator, value.denominator * denominator);
    }
    return value;
  }

  #product(depth: number): Rational {
    let value = this.#signed(depth);
    for (let sign = this.#take("*", "/", "%"); sign !== undefined; sign = this.#take("*", "/", "%")) {
      const right = this.#signed(depth);
      if (sign === "*") value = reduced(value.numerator * right.numerator, value.denominator * right.denominator);
      else if (right.numerator === 0n) throw new Error("division by zero");
      else if (sign === "/") value = reduced(value.numerator * right.denominator, value.denominator * right.numerator);
      else value = modulo(value, right);
    }
    return value;
  }

  #signed(depth: number): Rational {
    if (depth > DEEPEST) throw new Error("too deep");
    if (this.#take("-") !== undefined) {
      const value = this.#signed(depth + 1);
      return { ...value, numerator: -value.numerator };
    }
    if (this.#take("+") !== undefined) return this.#signed(depth + 1);
    const base = this.#atom(depth);
    return this.#take("**") === undefined ? base : power(base, this.#signed(depth + 1));
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

function power(base: Rational, exponent: Rational): Rational {
  if (exponent.denominator !== 1n || abs(exponent.numerator) > LARGEST_EXPONENT) throw new Error("exponent");
  const size = abs(exponent.numerator);
  const [numerator, denominator] = [base.numerator ** size, base.denominator ** size];
  if (exponent.numerator >= 0n) return reduced(numerator, denominator);
  if (numerator === 0n) throw new Error("division by zero");
  return reduced(denominator, numerator);
}

/** As Python has it: the result has the divisor's sign. */
function modulo(left: Rational, right: Rational): Rational {
  const a = left.numerator * right.denominator;
  const b = right.numerator * left.denominator;
  return reduced(((a % b) + b) % b, left.denominator * right.denominator);
}

function reduced(numerator: bigint, denominator: bigint): Rational {
  const sign = denominator < 0n ? -1n : 1n;
  const divisor = greatestCommonDivisor(abs(numerator), abs(denominator)) || 1n;
  return { numerator: (sign * numerator) / divisor, denominator: (sign * denominator) / divisor };
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

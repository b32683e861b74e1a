/**
 * Arithmetic written as text (`(48/2 + 3.5) * 2`, `round(total / 3, 2)`) read into a tree, and the exact value of a tree: no eval, bounded work
 * whatever the text holds. Precedence and the meaning of `/`, `//`, `%` and `**` are Python's.
 */
import { absolute, compare, decimal, floor, isWhole, minus, modulo, negative, over, plus, power, type Rational, times, whole } from "./rational.ts";

const LONGEST_TEXT = 2000;
const DEEPEST = 40;
const MOST_DIGITS = 400;
const LARGEST_EXPONENT = 64n;
/** Powers of powers would soon fill the memory. */
const LARGEST_BASE = 10n ** 400n;

export type Operator = "+" | "-" | "*" | "/" | "//" | "%" | "**";

export type Expression =
  | { readonly is: "number"; readonly value: Rational }
  | { readonly is: "name"; readonly name: string }
  | { readonly is: "call"; readonly name: string; readonly arguments: readonly Expression[] }
  | { readonly is: "negative"; readonly of: Expression }
  | { readonly is: "operation"; readonly operator: Operator; readonly left: Expression; readonly right: Expression };

/** How a comma between digits is read: `1,234` as one number, or as two arguments. */
export type Commas = "thousands" | "arguments";

/** What the names, calls and numbers of a tree stand for. What is not given has no value, save numbers, which are themselves. */
export interface Meaning {
  readonly number?: (value: Rational) => Rational;
  readonly name?: (name: string) => Rational | undefined;
  readonly call?: (name: string, given: readonly Rational[]) => Rational | undefined;
  /** What an operation gives where that is not the exact value: a float, say. */
  readonly operation?: (exact: Rational, operator: Operator, left: Rational, right: Rational) => Rational;
}

/** Undefined where the text is no arithmetic from its beginning to its end, or too long or too deep. */
export function parse(text: string, commas: Commas): Expression | undefined {
  if (text.length > LONGEST_TEXT) return undefined;
  const tokens = tokenize(text.replaceAll("×", "*").replaceAll("÷", "/").replaceAll("−", "-"), commas);
  if (tokens === undefined) return undefined;
  const parser = new Parser(tokens);
  try {
    const expression = parser.sum(0);
    return parser.atEnd ? expression : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined for a division by zero, an exponent out of bounds, and what `meaning` does not know. */
export function exactValue(expression: Expression, meaning: Meaning = {}): Rational | undefined {
  try {
    return value(expression, meaning);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A decimal number without exponent; undefined when the text is not one number, or has more than 400 digits. */
export function numberIn(text: string): Rational | undefined {
  const match = /^(\d{1,3}(?:,\d{3})+|\d+)?(?:\.(\d*))?$/.exec(text);
  if (match === null) return undefined;
  const [, before = "", after = ""] = match;
  if (before === "" && after === "") return undefined;
  return before.length + after.length > MOST_DIGITS ? undefined : decimal(`${before.replaceAll(",", "")}.${after}`);
}

function value(expression: Expression, meaning: Meaning): Rational {
  switch (expression.is) {
    case "number":
      return meaning.number?.(expression.value) ?? expression.value;
    case "name":
      return known(meaning.name?.(expression.name));
    case "call":
      return known(
        meaning.call?.(
          expression.name,
          expression.arguments.map((argument) => value(argument, meaning)),
        ),
      );
    case "negative":
      return negative(value(expression.of, meaning));
    case "operation": {
      const { operator } = expression;
      const [left, right] = [value(expression.left, meaning), value(expression.right, meaning)];
      const exact = OPERATIONS[operator](left, right);
      return meaning.operation?.(exact, operator, left, right) ?? exact;
    }
  }
}

const OPERATIONS: Readonly<Record<Operator, (a: Rational, b: Rational) => Rational>> = {
  "+": plus,
  "-": minus,
  "*": times,
  "/": over,
  "//": (a, b) => floor(over(a, b)),
  "%": modulo,
  "**": raised,
};

function known(found: Rational | undefined): Rational {
  if (found === undefined) throw new RangeError("unknown");
  return found;
}

/** @throws RangeError for an exponent that is no whole number, for what gets too large, and for a division by zero */
function raised(base: Rational, exponent: Rational): Rational {
  if (!isWhole(exponent) || compare(absolute(exponent), whole(LARGEST_EXPONENT)) > 0) throw new RangeError("exponent");
  if (absolute(base).numerator > LARGEST_BASE || base.denominator > LARGEST_BASE) throw new RangeError("base");
  return power(base, exponent.numerator / exponent.denominator);
}

const NUMBERS: Readonly<Record<Commas, string>> = {
  thousands: String.raw`\d[\d,]*(?:\.\d*)?|\.\d+`,
  arguments: String.raw`\d[\d_]*(?:\.\d*)?|\.\d+`,
};

function tokenize(text: string, commas: Commas): readonly string[] | undefined {
  const tokens: string[] = [];
  const pattern = new RegExp(String.raw`\s*(${NUMBERS[commas]}|[A-Za-z_][\w.]*|\*\*|//|[-+*/%(),])`, "y");
  const trimmed = text.trimEnd();
  while (pattern.lastIndex < trimmed.length) {
    const token = pattern.exec(trimmed)?.[1];
    if (token === undefined) return undefined;
    tokens.push(commas === "arguments" && /^\d/.test(token) ? token.replaceAll("_", "") : token);
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

  sum(depth: number): Expression {
    if (depth > DEEPEST) throw new Error("too deep");
    let left = this.#product(depth);
    for (let operator = this.#take("+", "-"); operator !== undefined; operator = this.#take("+", "-"))
      left = { is: "operation", operator, left, right: this.#product(depth) };
    return left;
  }

  #product(depth: number): Expression {
    let left = this.#signed(depth);
    for (let operator = this.#take("*", "/", "//", "%"); operator !== undefined; operator = this.#take("*", "/", "//", "%"))
      left = { is: "operation", operator, left, right: this.#signed(depth) };
    return left;
  }

  #signed(depth: number): Expression {
    if (depth > DEEPEST) throw new Error("too deep");
    if (this.#take("-") !== undefined) return { is: "negative", of: this.#signed(depth + 1) };
    if (this.#take("+") !== undefined) return this.#signed(depth + 1);
    const left = this.#atom(depth);
    const operator = this.#take("**");
    return operator === undefined ? left : { is: "operation", operator, left, right: this.#signed(depth + 1) };
  }

  #atom(depth: number): Expression {
    if (this.#take("(") !== undefined) {
      const inner = this.sum(depth + 1);
      this.#close();
      return inner;
    }
    const token = this.#tokens[this.#at++] ?? "";
    if (/^[A-Za-z_]/.test(token)) return this.#take("(") === undefined ? { is: "name", name: token } : this.#call(token, depth + 1);
    const number = numberIn(token);
    if (number === undefined) throw new Error("no number");
    return { is: "number", value: number };
  }

  #call(name: string, depth: number): Expression {
    if (this.#take(")") !== undefined) return { is: "call", name, arguments: [] };
    const given = [this.sum(depth)];
    while (this.#take(",") !== undefined) given.push(this.sum(depth));
    this.#close();
    return { is: "call", name, arguments: given };
  }

  #close(): void {
    if (this.#take(")") === undefined) throw new Error("unclosed");
  }

  #take<T extends string>(...wanted: readonly T[]): T | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined || !(wanted as readonly string[]).includes(token)) return undefined;
    this.#at++;
    return token as T;
  }
}

/** Reads an arithmetic expression as people and models write it, and computes it exactly. Nothing is ever run as code. */
import { negative, type Rational, whole } from "@autotraj/rationals/rational";
import { add, CalculationError, divide, divideDown, multiply, raise, scientific, subtract } from "./bounded.ts";

const MOST_CHARACTERS = 1000;
const DEEPEST = 100;
const LONGEST_QUOTE = 20;

type Operator = "+" | "-" | "*" | "/" | "//" | "^" | "(" | ")" | "%";
type Token = { readonly text: string } & ({ readonly number: Rational } | { readonly operator: Operator });

const SPELLINGS: Readonly<Record<string, Operator>> = {
  "+": "+",
  "-": "-",
  "\u2212": "-",
  "\u2013": "-",
  "*": "*",
  "\u00D7": "*",
  "\u00B7": "*",
  "\u22C5": "*",
  x: "*",
  X: "*",
  "/": "/",
  "//": "//",
  "\u00F7": "/",
  "^": "^",
  "**": "^",
  "(": "(",
  ")": ")",
  "%": "%",
};
const NUMBER = /(?:(\d{1,3}(?:,\d{3})+(?![\d,])|\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d{1,9}))?(?![\d.])/y;
/** Currency signs say what is counted, not how much. */
const BLANK = /[\s$\u20AC\u00A3]+/y;

const HUNDRED = whole(100n);

/** @throws CalculationError */
export function evaluate(expression: string): Rational {
  if (expression.length > MOST_CHARACTERS) throw new CalculationError(`too long: at most ${MOST_CHARACTERS} characters`);
  const parser = new Parser(tokenize(expression.trim().replace(/=$/, "")));
  const value = parser.sum();
  parser.end();
  return value;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const blank = matchAt(BLANK, text, at);
    if (blank !== undefined) {
      at += blank[0].length;
      continue;
    }
    const number = matchAt(NUMBER, text, at);
    const two = text.slice(at, at + 2);
    const spelled = number?.[0] ?? (two === "**" || two === "//" ? two : text.charAt(at));
    const operator = SPELLINGS[spelled];
    if (number !== undefined) tokens.push({ text: spelled, number: toNumber(number) });
    else if (operator !== undefined) tokens.push({ text: spelled, operator });
    else throw new CalculationError(`not understood: "${text.slice(at, at + LONGEST_QUOTE)}"; only numbers, + - * / // ^ % and parentheses are`);
    at += spelled.length;
  }
  return tokens;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

function toNumber([, before = "", after, alone, exponent = "0"]: RegExpExecArray): Rational {
  const fraction = after ?? alone ?? "";
  return scientific(before.replaceAll(",", "") + fraction, Number(exponent) - fraction.length);
}

/** One method for each level of precedence, the loosest first. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  sum(): Rational {
    let value = this.#product();
    for (;;) {
      if (this.#takes("+")) value = add(value, this.#product());
      else if (this.#takes("-")) value = subtract(value, this.#product());
      else return value;
    }
  }

  end(): void {
    const token = this.#tokens[this.#at];
    if (token === undefined) return;
    throw new CalculationError("operator" in token ? `not expected here: "${token.text}"` : `an operator is missing before "${token.text}"`);
  }

  #product(): Rational {
    let value = this.#signed();
    for (;;) {
      if (this.#takes("*")) value = multiply(value, this.#signed());
      else if (this.#takes("/")) value = divide(value, this.#signed());
      else if (this.#takes("//")) value = divideDown(value, this.#signed());
      else return value;
    }
  }

  /** A sign binds looser than a power: -2^2 is -4. */
  #signed(): Rational {
    if (this.#takes("-")) return this.#nested(() => negative(this.#signed()));
    if (this.#takes("+")) return this.#nested(() => this.#signed());
    return this.#power();
  }

  /** From the right: 2^3^2 is 2^9. */
  #power(): Rational {
    const base = this.#percent();
    return this.#takes("^") ? this.#nested(() => raise(base, this.#signed())) : base;
  }

  #percent(): Rational {
    let value = this.#operand();
    while (this.#takes("%")) value = divide(value, HUNDRED);
    return value;
  }

  #operand(): Rational {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new CalculationError(this.#at === 0 ? "no expression" : "a number is missing at the end");
    this.#at++;
    if ("number" in token) return token.number;
    if (token.operator !== "(") throw new CalculationError(`a number is missing before "${token.text}"`);
    const value = this.#nested(() => this.sum());
    if (!this.#takes(")")) {
      if (this.#at === this.#tokens.length) throw new CalculationError('")" is missing at the end');
      this.end();
    }
    return value;
  }

  #takes(operator: Operator): boolean {
    const token = this.#tokens[this.#at];
    if (token === undefined || !("operator" in token) || token.operator !== operator) return false;
    this.#at++;
    return true;
  }

  #nested(inner: () => Rational): Rational {
    if (++this.#depth > DEEPEST) throw new CalculationError(`nested too deeply: at most ${DEEPEST} levels`);
    const value = inner();
    this.#depth--;
    return value;
  }
}

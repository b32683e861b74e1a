/** Equations that a text writes down: `2x + 200 = 1000`, `B - 38 + 50 = B + 12`, `240 - (40 + 84) = 240 - 124`. At most one variable, in its first power. */
import { minus, over, plus, type Rational, times, whole } from "@autotraj/rationals/rational";
import { rational } from "./written-numbers.ts";

/** `slope` times the variable plus `rest`. */
export interface Linear {
  readonly slope: Rational;
  readonly rest: Rational;
}

/** One side of an equation, or an expression by itself. */
export interface Expression extends Linear {
  /** A single letter; undefined where there are only numbers. */
  readonly variable: string | undefined;
  /** Where its numbers stand. */
  readonly places: readonly number[];
}

export interface Equation {
  readonly variable: string | undefined;
  /** The one value of the variable that makes it true; undefined where both sides are equal whatever it is. */
  readonly solution: Rational | undefined;
  readonly places: readonly number[];
}

interface Token {
  readonly kind: "number" | "letter" | "sign" | "word" | "break";
  readonly text: string;
  readonly at: number;
}

const TOKEN =
  /(?<number>\d{1,3}(?:,\d{3})+(?![\d,])(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)|(?<word>\p{L}[\p{L}'’]*)|(?<sign>[-+*/×÷·−–()=%])|(?<money>[$€£])|\n|\S/gu;
const SIGNS = new Map<string, string>(
  [..."×·"]
    .map((sign) => [sign, "*"] as [string, string])
    .concat([
      ["÷", "/"],
      ["−", "-"],
      ["–", "-"],
    ]),
);
/** After these the number or letter is only a part: `half of x = 10`. */
const PARTIAL = /(?:\bof|\bhalf|\btwice|\bdouble|\btriple|[\^√_\\])\s*$/i;
const NO_UNIT = /^(?:of|than|and|or|plus|minus|less|more|fewer|half|twice|double|divided|multiplied|squared|is|are|was|so|because|mod)$/i;
const MOST_UNIT_WORDS = 4;
const LONGEST_RUN = 80;
const DEEPEST = 20;
const ZERO = whole(0n);
const ONE = whole(1n);
const HUNDRED = whole(100n);

export interface WrittenAlgebra {
  readonly equations: readonly Equation[];
  /** With a variable in it. */
  readonly expressions: readonly Expression[];
}

/** In the order of the text. */
export function algebraIn(text: string): WrittenAlgebra {
  const equations: Equation[] = [];
  const expressions: Expression[] = [];
  for (const run of runsIn(text)) {
    const sides = splitAtEquals(run).map((side) => (side.length === 0 ? undefined : readSide(side)));
    for (const [index, side] of sides.entries()) {
      if (side !== undefined && side.slope.numerator !== 0n) expressions.push(side);
      const left = sides[index - 1];
      const equation = left === undefined || side === undefined ? undefined : equationOf(left, side);
      if (equation !== undefined) equations.push(equation);
    }
  }
  return { equations, expressions };
}

function equationOf(left: Expression, right: Expression): Equation | undefined {
  if (left.variable !== undefined && right.variable !== undefined && left.variable !== right.variable) return undefined;
  const slope = minus(left.slope, right.slope);
  const rest = minus(right.rest, left.rest);
  const places = [...left.places, ...right.places];
  if (places.length === 0) return undefined;
  const variable = left.variable ?? right.variable;
  if (slope.numerator !== 0n) return { variable, solution: over(rest, slope), places };
  return rest.numerator === 0n ? { variable, solution: undefined, places } : undefined;
}

/** Stretches of numbers, letters and signs without anything else in them. */
function runsIn(text: string): readonly (readonly Token[])[] {
  const runs: Token[][] = [];
  let run: Token[] = [];
  const end = () => {
    const [first] = run;
    if (first !== undefined && run.length <= LONGEST_RUN && isWhole(text, first)) runs.push(run);
    run = [];
  };
  for (const token of tokensOf(text)) {
    if (token.text === "^") run = [];
    else if (token.kind === "break") end();
    else run.push(token);
  }
  end();
  return runs;
}

/** Does nothing before it belong to it? */
function isWhole(text: string, { at, text: sign }: Token): boolean {
  const before = text.slice(Math.max(0, at - 12), at);
  return !PARTIAL.test(before) && (!/[-+*/)%]/.test(sign) || /(?:^|\n)\s*$/.test(before));
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const { 0: written, index: at, groups = {} } of text.matchAll(TOKEN)) {
    if (groups.money !== undefined) continue;
    if (groups.number !== undefined) tokens.push({ kind: "number", text: written.replaceAll(",", ""), at });
    else if (groups.sign !== undefined) tokens.push({ kind: "sign", text: SIGNS.get(written) ?? written, at });
    else if (written === "times") tokens.push({ kind: "sign", text: "*", at });
    else if (/^\p{L}$/u.test(written)) tokens.push({ kind: "letter", text: written, at });
    else tokens.push({ kind: groups.word !== undefined && !NO_UNIT.test(written) ? "word" : "break", text: written, at });
  }
  return withoutUnits(tokens).map((token, index, all) =>
    isTimes(token, all[index - 1], all[index + 1]) ? { ...token, kind: "sign", text: "*" } : token,
  );
}

/** Words between a number and a sign are its unit: `240 students - 224 students`, `5/9 L/breath * 1440`. Any others break a run. */
function withoutUnits(tokens: readonly Token[]): readonly Token[] {
  const left: Token[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index] as Token;
    const end = isAmount(left.at(-1)) ? unitEnd(tokens, index) : index;
    if (end > index) index = end - 1;
    else left.push(token.kind === "word" ? { ...token, kind: "break" } : token);
  }
  return left;
}

function isAmount(token: Token | undefined): boolean {
  return token?.kind === "number" || token?.text === ")";
}

function unitEnd(tokens: readonly Token[], start: number): number {
  let [end, words] = [start, 0];
  for (; end < tokens.length && words <= MOST_UNIT_WORDS; end++) {
    const { kind, text } = tokens[end] as Token;
    if (kind === "word") words++;
    else if (kind === "letter" && tokens[end + 1]?.text === "/" && tokens[end + 2]?.kind === "word") words++;
    else if (text !== "/" || tokens[end + 1]?.kind !== "word") break;
  }
  return words > 0 && tokens[end]?.kind === "sign" && tokens[end]?.text !== "(" ? end : start;
}

/** The x of `4 x 30`; the one of `4x - 30` is a variable. */
function isTimes({ kind, text }: Token, before: Token | undefined, after: Token | undefined): boolean {
  if (kind !== "letter" || !/^[xX]$/.test(text)) return false;
  return (before?.kind === "number" || before?.text === ")" || before?.text === "%") && (after?.kind === "number" || after?.text === "(");
}

function splitAtEquals(run: readonly Token[]): readonly (readonly Token[])[] {
  const sides: Token[][] = [[]];
  for (const token of run) {
    if (token.text === "=") sides.push([]);
    else sides.at(-1)?.push(token);
  }
  return sides;
}

function readSide(tokens: readonly Token[]): Expression | undefined {
  const variables = new Set(tokens.flatMap(({ kind, text }) => (kind === "letter" ? [text] : [])));
  if (variables.size > 1) return undefined;
  const read = new Parser(tokens).read();
  const [variable] = variables;
  return read && { ...read, variable, places: tokens.flatMap(({ kind, at }) => (kind === "number" ? [at] : [])) };
}

/** Reads `3/2x` as three halves of x. Undefined for what is not linear, or not finished. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  read(): Linear | undefined {
    const sum = this.#sum(0);
    return this.#at === this.#tokens.length ? sum : undefined;
  }

  #sum(depth: number): Linear | undefined {
    if (depth > DEEPEST) return undefined;
    let value = this.#product(depth);
    for (let sign = this.#take("+", "-"); sign !== undefined && value !== undefined; sign = this.#take("+", "-")) {
      const term = this.#product(depth);
      value = term && added(value, sign === "+" ? term : scaled(term, whole(-1n)));
    }
    return value;
  }

  #product(depth: number): Linear | undefined {
    let value = this.#signed(depth);
    while (value !== undefined) {
      const sign = this.#take("*", "/");
      if (sign === undefined && !this.#isFactorNext()) return value;
      const factor = sign === undefined ? this.#atom(depth) : this.#signed(depth);
      value = factor && (sign === "/" ? divided(value, factor) : multiplied(value, factor));
    }
    return undefined;
  }

  /** `2x`, `4 (Y - 7)`: a factor without a sign before it. */
  #isFactorNext(): boolean {
    const next = this.#tokens[this.#at];
    return next?.kind === "letter" || next?.text === "(";
  }

  #signed(depth: number): Linear | undefined {
    if (this.#take("-") === undefined) return this.#atom(depth);
    const value = this.#atom(depth);
    return value && scaled(value, whole(-1n));
  }

  #atom(depth: number): Linear | undefined {
    if (this.#take("(") !== undefined) {
      const value = this.#sum(depth + 1);
      return this.#take(")") === undefined ? undefined : value;
    }
    const token = this.#tokens[this.#at++];
    if (token?.kind === "letter") return { slope: ONE, rest: ZERO };
    const value = token?.kind === "number" ? rational(token.text) : undefined;
    if (value === undefined) return undefined;
    return { slope: ZERO, rest: this.#take("%") === undefined ? value : over(value, HUNDRED) };
  }

  #take(...wanted: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "sign" || !wanted.includes(token.text)) return undefined;
    this.#at++;
    return token.text;
  }
}

function added(a: Linear, b: Linear): Linear {
  return { slope: plus(a.slope, b.slope), rest: plus(a.rest, b.rest) };
}

function scaled({ slope, rest }: Linear, factor: Rational): Linear {
  return { slope: times(slope, factor), rest: times(rest, factor) };
}

function multiplied(a: Linear, b: Linear): Linear | undefined {
  if (b.slope.numerator === 0n) return scaled(a, b.rest);
  return a.slope.numerator === 0n ? scaled(b, a.rest) : undefined;
}

function divided(a: Linear, b: Linear): Linear | undefined {
  return b.slope.numerator !== 0n || b.rest.numerator === 0n ? undefined : scaled(a, over(ONE, b.rest));
}

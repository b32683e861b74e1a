/**
 * Short programs that can be run here under other numbers: expressions, assignments, functions without parameters, `print`. Whatever else a
 * program holds leaves it unread; it is never guessed at.
 */
import { type Expression, exactValue, type Meaning, parse } from "@autotraj/rationals/expression";
import {
  absolute,
  compare,
  decimal,
  floor,
  isWhole,
  minus,
  negative,
  over,
  plus,
  power,
  type Rational,
  times,
  whole,
} from "@autotraj/rationals/rational";
import { withoutComments } from "./calls.ts";

const MOST_LINES = 80;
const DEEPEST = 8;
const MOST_DIGITS = 12n;

type Statement =
  | { readonly is: "assign"; readonly name: string; readonly value: Expression }
  | { readonly is: "print"; readonly value: Expression }
  | { readonly is: "return"; readonly value: Expression }
  | { readonly is: "function"; readonly name: string; readonly body: readonly Statement[] };

export type Program = readonly Statement[];

/** Undefined where a line is none of the few that are understood, or nothing is printed. */
export function readProgram(text: string): Program | undefined {
  const expression = parse(text.trim(), /\p{L}/u.test(text) ? "arguments" : "thousands");
  if (expression !== undefined && !(expression.is === "call" && expression.name === "print")) return [{ is: "print", value: expression }];
  const lines = withoutComments(text)
    .split("\n")
    .filter((line) => line.trim() !== "");
  if (lines.length > MOST_LINES) return undefined;
  const statements = readLines(lines);
  return statements?.some(({ is }) => is === "print") === true ? statements : undefined;
}

/** What the program prints last, with its numbers replaced, or its operations. Undefined where that has no value here. */
export function run(program: Program, number: (value: Rational) => Rational, operation?: Meaning["operation"]): Rational | undefined {
  let printed: Rational | undefined;
  const execute = (statements: Program, outer: ReadonlyMap<string, Rational>, depth: number): Rational | undefined => {
    if (depth > DEEPEST) return undefined;
    const names = new Map(outer);
    const functions = new Map<string, Program>();
    const meaning: Meaning = {
      number,
      ...(operation === undefined ? {} : { operation }),
      name: (name) => names.get(name),
      call: (name, given) => {
        const body = functions.get(name);
        return body !== undefined && given.length === 0 ? execute(body, names, depth + 1) : builtIn(name, given);
      },
    };
    for (const statement of statements) {
      if (statement.is === "function") {
        functions.set(statement.name, statement.body);
        continue;
      }
      const value = exactValue(statement.value, meaning);
      if (value === undefined) return undefined;
      if (statement.is === "return") return value;
      if (statement.is === "assign") {
        names.set(statement.name, value);
        functions.delete(statement.name);
      } else printed = value;
    }
    return undefined;
  };
  const ran = execute([...program, END], new Map(), 0);
  return ran === undefined ? undefined : printed;
}

/** Reached only where every statement before it had a value. */
const END: Statement = { is: "return", value: { is: "number", value: whole(0n) } };

function readLines(lines: readonly string[]): Program | undefined {
  const statements: Statement[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = (lines[at] as string).trimEnd();
    const name = /^def\s+(\w+)\s*\(\s*\)\s*:$/.exec(line)?.[1];
    if (name === undefined) {
      const statement = /^\s/.test(line) ? undefined : readLine(line);
      if (statement === undefined) return undefined;
      statements.push(statement);
      continue;
    }
    const body: string[] = [];
    while (/^\s/.test(lines[at + 1] ?? "")) body.push(lines[++at] as string);
    const indent = /^\s*/.exec(body[0] ?? "")?.[0] ?? "";
    if (!body.every((inner) => inner.startsWith(indent))) return undefined;
    const inner = readLines(body.map((one) => one.slice(indent.length)));
    if (inner === undefined) return undefined;
    statements.push({ is: "function", name, body: inner });
  }
  return statements;
}

function readLine(line: string): Statement | undefined {
  const [, name, operator = "", assigned] = /^([A-Za-z_]\w*)\s*(\*\*|\/\/|[-+*/%])?=(?!=)\s*(.+)$/s.exec(line) ?? [];
  if (name !== undefined && assigned !== undefined) {
    const value = parse(operator === "" ? assigned : `${name} ${operator} (${assigned})`, "arguments");
    return value && { is: "assign", name, value };
  }
  const returned = /^return\s+(.+)$/s.exec(line)?.[1];
  if (returned !== undefined) {
    const value = parse(returned, "arguments");
    return value && { is: "return", value };
  }
  const printed = parse(line, "arguments");
  if (printed?.is !== "call" || printed.name !== "print" || printed.arguments.length !== 1) return undefined;
  return { is: "print", value: printed.arguments[0] as Expression };
}

function builtIn(name: string, given: readonly Rational[]): Rational | undefined {
  const [first, second] = given;
  if (first === undefined) return undefined;
  switch (name.split(".").at(-1)) {
    case "int":
    case "trunc":
      return compare(first, whole(0n)) < 0 ? negative(floor(negative(first))) : floor(first);
    case "float":
    case "Fraction":
      return second === undefined ? first : over(first, second);
    case "floor":
      return floor(first);
    case "ceil":
      return negative(floor(negative(first)));
    case "abs":
      return absolute(first);
    case "sum":
      return given.length > 1 ? undefined : first;
    case "max":
      return given.reduce((a, b) => (compare(a, b) < 0 ? b : a));
    case "min":
      return given.reduce((a, b) => (compare(a, b) > 0 ? b : a));
    case "round":
      return rounded(first, second ?? whole(0n));
    default:
      return undefined;
  }
}

/** Half to even, as Python rounds. */
function rounded(value: Rational, digits: Rational): Rational | undefined {
  if (!isWhole(digits)) return undefined;
  const places = digits.numerator / digits.denominator;
  if (places < 0n || places > MOST_DIGITS) return undefined;
  const scale = power(whole(10n), places);
  const scaled = times(value, scale);
  const below = floor(scaled);
  const rest = compare(minus(scaled, below), decimal("0.5"));
  const isOdd = below.numerator % 2n !== 0n;
  return over(rest > 0 || (rest === 0 && isOdd) ? plus(below, whole(1n)) : below, scale);
}

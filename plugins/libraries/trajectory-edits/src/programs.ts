/** Programs that differ from a given one in one place. Made as text, since text is what a trajectory shows; whether they still can be read is for the caller to see. */
import { numbersIn, writingOf } from "@autotraj/evidence/written-number";
import { type Random, shuffled } from "./random.ts";

/** In the order in which they are to be tried. */
export type Variants = (program: string, random: Random) => readonly string[];

/**
 * The sign of one number is the other one. A sum that becomes a difference and the reverse come first, either as often where the program has both: a minus
 * that is put before a number tells even those who only count signs.
 */
export const flippedSigns: Variants = (program, random) => {
  const [more, less, put]: [string[], string[], string[]] = [[], [], []];
  for (const { start } of numbersIn(program, writingOf(program))) {
    const [before, after] = [program.slice(0, start), program.slice(start)];
    if (/\*\*\s*$/.test(before)) continue;
    const operator = /(?<=[\w)\]]\s*)[-+](\s*)$/.exec(before);
    const sign = /[-−]\s*$/.exec(before);
    if (operator?.[0].startsWith("+")) more.push(`${before.slice(0, operator.index)}-${operator[1]}${after}`);
    else if (operator !== null) less.push(`${before.slice(0, operator.index)}+${operator[1]}${after}`);
    else if (sign !== null) less.push(`${before.slice(0, sign.index)}${after}`);
    else put.push(`${before}-${after}`);
  }
  return [...shuffled([more, less], random).flatMap((alike) => shuffled(alike, random)), ...shuffled(put, random)];
};

const OPERAND = String.raw`\s*-?\s*(?:\d[\d_]*(?:\.\d+)?|[A-Za-z_]\w*)`;
/** An operator with its right side, where that is one number or name: a term between sums, a factor between anything. */
const PARTS = [
  new RegExp(String.raw`(?<=[\w)\]])\s*[-+]${OPERAND}(?=\s*(?:[-+),]|$))`, "gm"),
  new RegExp(String.raw`(?<=[\w)\]])\s*(?:\*|/)(?![*/])${OPERAND}(?=\s*(?:[-+),]|[*/](?![*/])|$))`, "gm"),
];

/** A term, or a factor, is left out. */
export const droppedTerms: Variants = (program, random) =>
  shuffled(
    withParts(program, () => ""),
    random,
  );

/** A term, or a factor, stands there twice: what is dropped elsewhere makes trajectories shorter, this makes them longer. */
export const repeatedTerms: Variants = (program, random) =>
  shuffled(
    withParts(program, (part) => part + part),
    random,
  );

function withParts(program: string, made: (part: string) => string): readonly string[] {
  return PARTS.flatMap((pattern) =>
    [...program.matchAll(pattern)].map(({ 0: part, index }) => `${program.slice(0, index)}${made(part)}${program.slice(index + part.length)}`),
  );
}

interface Held {
  readonly program: string;
  readonly value: string;
  readonly language: "python" | "calculator";
}

const MOST_PADS = 8;
const WORDS_OF_PAD = 4;

/**
 * The value itself in place of what the last line prints or, in a program of one line, behind some of its own numbers that cancel each other out, so that it
 * is about as long, now longer, now shorter. Undefined where the program holds the value already.
 */
export function hardCoded({ program, value, language }: Held, random: Random): string | undefined {
  const sizes = numbersIn(program, writingOf(program)).map(({ start, end }) => program.slice(start, end));
  if (sizes.includes(value.replace(/^-/, ""))) return undefined;
  const above = program.slice(0, program.lastIndexOf("\n") + 1);
  const printed = /^print\s*\(.*\)\s*$/.test(program.slice(above.length));
  if (language === "python" && !printed) return undefined;
  if (above !== "") return `${above}print(${value})`;
  // A whole number less itself is an exact 0, of which nothing is left when a float is added.
  const pads = sizes.filter((size) => /^\d+$/.test(size));
  const room = pads.length === 0 ? 0 : Math.min(MOST_PADS, Math.floor((wordsIn(program) - 1) / WORDS_OF_PAD + random()));
  const zeros = Array.from({ length: room }, (_, index) => pads[index % pads.length] as string).map((size) => `${size} - ${size} + `);
  const held = `${zeros.join("")}${value}`;
  return language === "python" ? `print(${held})` : held;
}

/** White space between words. */
export function wordsIn(text: string): number {
  return text.split(/\s+/).filter(Boolean).length;
}

/** What the options of all commands have in common: a number is what its option says, and what is meant once is given once. */
import { AutoTrajError } from "@autotraj/core";
import type { Options } from "yargs";

export interface WholeNumber {
  readonly least: number;
  readonly most?: number;
  readonly describe: string;
  readonly default?: number;
}

/** setTimeout takes a 32-bit number of milliseconds and fires at once beyond it. */
export const LONGEST_TIMER_S = 2_147_483;

/** `--name N` as a whole number. Without yargs's type `number`, which makes NaN of a word and 0 of nothing. */
export function wholeNumber(name: string, { least, most = Number.MAX_SAFE_INTEGER, ...option }: WholeNumber): Options {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  return {
    ...option,
    requiresArg: true,
    coerce: numberOr(name, `a whole number ${range}`, (number) => Number.isSafeInteger(number) && number >= least && number <= most),
  };
}

/** `--name X` as a number. */
export function realNumber(name: string, describe: string): Options {
  return { describe, requiresArg: true, coerce: numberOr(name, "a number", Number.isFinite) };
}

/** The number, or the error to be thrown by {@link checkGiven}: yargs would put an error of its own around one that is thrown here. */
function numberOr(name: string, what: string, fits: (number: number) => boolean): (given: unknown) => unknown {
  return (given) => {
    if (given === undefined || Array.isArray(given)) return given;
    const number = given === "" ? Number.NaN : Number(given);
    if (fits(number)) return number;
    return usage(`--${name} must be ${what}, but is ${given === "" ? "empty" : JSON.stringify(given)}.`);
  };
}

/** As yargs knows the options of the command that was given, by the names of all commands' options. */
interface DeclaredOptions {
  readonly array: readonly string[];
  readonly string: readonly string[];
}

/** @throws ATRAJ_USAGE for a number that is none, an option that is given twice, or whose text is empty, as that of an unset shell variable is */
export function checkGiven(args: Readonly<Record<string, unknown>>, { array, string }: DeclaredOptions): true {
  for (const [name, value] of Object.entries(args)) {
    if (name === "_") continue;
    if (value instanceof AutoTrajError) throw value;
    if (Array.isArray(value) && !array.includes(name)) throw givenTwice(name);
    if (string.includes(name) && [value].flat().includes("")) throw usage(`--${name} is empty.`, "Give it a value, or leave it out.");
  }
  return true;
}

function givenTwice(name: string): AutoTrajError {
  return usage(`--${name} is given more than once.`, "Give it once.");
}

function usage(what: string, hint = "`autotraj <command> --help` lists a command's options."): AutoTrajError {
  return new AutoTrajError("ATRAJ_USAGE", { who: "autotraj", what, hint });
}

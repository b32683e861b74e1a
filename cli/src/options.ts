/** What commands and their options have in common: arguments are typed as they are declared, a number is what its option says, what is meant once is given once. */
import { AutoTrajError } from "@autotraj/core";
import type { ArgumentsCamelCase, Argv, CommandModule, Options } from "yargs";
import type { Answer } from "./answers.ts";

/** What every command is given besides its own arguments: `given` is the command line, for those who say how to go on. */
export interface Given {
  readonly json: boolean;
  readonly given: readonly string[];
}

interface Command<A> {
  readonly command: string;
  readonly describe: string;
  /** What it prints with --json. */
  readonly answers: readonly Answer[];
  readonly builder: (args: Argv<Given>) => Argv<A>;
  readonly handler: (args: ArgumentsCamelCase<A>) => Promise<void>;
}

/** The arguments that a builder declares, for what its command is made of besides its handler. */
export type ArgumentsOf<B> = B extends (args: Argv<Given>) => Argv<infer A> ? ArgumentsCamelCase<A> : never;

export function command<A>(declared: Command<A>): CommandModule {
  // Its own options stand before those that all commands have.
  return { ...declared, builder: (args: Argv<Given>) => declared.builder(args).group([], "Options:") } as unknown as CommandModule;
}

export const PRESET = { type: "string", demandOption: true, describe: "A preset's name, package, file or folder" } as const;
export const RUN = { type: "string", demandOption: true, describe: "The run's folder" } as const;
/** How a row of a run is named, wherever one is. */
export const ROW =
  "N for the Nth question; a data set's row as sft:N, preferences:N, siblings:N, hard-cases:N; or the id of a trajectory (its beginning is enough) or question";
export const SET = {
  ...({ type: "string", array: true, requiresArg: true } as const),
  default: [] as string[],
  defaultDescription: "nothing",
  describe: "Override a setting: --set rollout.candidates=8 (repeatable)",
};
/** Text that is optional, but not empty where it is given. */
export function text(describe: string) {
  return { type: "string", requiresArg: true, describe } as const;
}

interface WholeNumber {
  readonly least: number;
  readonly most?: number;
  readonly describe: string;
}

/** setTimeout takes a 32-bit number of milliseconds and fires at once beyond it. */
export const LONGEST_TIMER_S = 2_147_483;

type NumberOption = Options & { readonly coerce: (given: unknown) => number };

/** A whole number. Without yargs's type `number`, which makes NaN of a word and 0 of nothing. */
export function wholeNumber(option: WholeNumber & { readonly default: number }): NumberOption & { readonly default: number };
export function wholeNumber(option: WholeNumber): NumberOption;
export function wholeNumber({ least, most = Number.MAX_SAFE_INTEGER, ...option }: WholeNumber): NumberOption {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  const fits = (number: number) => Number.isSafeInteger(number) && number >= least && number <= most;
  return { ...option, requiresArg: true, coerce: numberOr(`a whole number ${range}`, fits) };
}

export function realNumber(describe: string): NumberOption {
  return { describe, requiresArg: true, coerce: numberOr("a number", Number.isFinite) };
}

export const SHOW = wholeNumber({ least: 0, default: 16, describe: "Trajectories shown one by one at the beginning" });
export const LIMIT = wholeNumber({ least: 1, describe: "Only the first N questions" });

/** In place of a number, until {@link checkGiven} says whose it is: yargs would put an error of its own around one that is thrown before. */
class NoNumber {
  readonly problem: string;
  constructor(problem: string) {
    this.problem = problem;
  }
}

function numberOr(what: string, fits: (number: number) => boolean): NumberOption["coerce"] {
  const coerce = (given: unknown) => {
    if (given === undefined || Array.isArray(given)) return given;
    const number = given === "" ? Number.NaN : Number(given);
    return fits(number) ? number : new NoNumber(`must be ${what}, but is ${given === "" ? "empty" : JSON.stringify(given)}.`);
  };
  return coerce as NumberOption["coerce"];
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
    const option = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (value instanceof NoNumber) throw misused(`${option} ${value.problem}`);
    if (Array.isArray(value) && !array.includes(name)) throw misused(`${option} is given more than once.`, "Give it once.");
    if (string.includes(name) && [value].flat().includes("")) throw misused(`${option} is empty.`, "Give it a value, or leave it out.");
  }
  return true;
}

function misused(what: string, hint = "`autotraj <command> --help` lists a command's options."): AutoTrajError {
  return usage("autotraj", what, hint);
}

/** For what is asked in a way that cannot be meant. */
export function usage(who: string, what: string, hint?: string): AutoTrajError {
  return new AutoTrajError("ATRAJ_USAGE", { who, what, ...(hint === undefined ? {} : { hint }) });
}

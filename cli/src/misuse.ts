/** What is said to a command line that no command understands: one sentence on what is wrong, one on what can be typed. */
import type { AutoTrajError } from "@autotraj/core";
import { usage } from "./options.ts";

/** Of yargs's own words, in English whatever the machine speaks, so that what is said here can be about them. */
export const WORDS: Readonly<Record<string, { readonly one: string; readonly other: string } | string>> = {
  "Not enough non-option arguments: got %s, need at least %s": { one: "Too few: %s of %s.", other: "Too few: %s of %s." },
  "Missing required argument: %s": { one: "--%s is missing.", other: "options are missing: %s." },
  "Unknown argument: %s": { one: "Unknown: %s.", other: "Unknown: %s." },
  "Unknown command: %s": { one: "Unknown: %s.", other: "Unknown: %s." },
  "Not enough arguments following: %s": "--%s needs a value.",
  "Implications failed:": "It goes only together:",
  "Did you mean %s?": "Did you mean %s?",
};

/**
 * @param message yargs's, in {@link WORDS}
 * @param signatures by a command's name, how it is called: `run <preset>`
 */
export function misuse(message: string, args: readonly string[], signatures: ReadonlyMap<string, string>): AutoTrajError {
  const name = args.find((word) => !word.startsWith("-")) ?? "";
  const signature = signatures.get(name);
  if (signature === undefined)
    return usage("autotraj", noCommand(name, message), "`autotraj` alone says how to begin, `autotraj --help` lists all commands.");
  return usage(
    `autotraj ${name}`,
    aboutCommand(message.trim(), args, signature),
    `Type \`autotraj ${signature}\`. \`autotraj ${name} --help\` lists its options.`,
  );
}

function noCommand(name: string, message: string): string {
  if (name === "") return message.trim();
  const near = /^Did you mean (.+)\?$/.exec(message.trim())?.[1];
  return `there is no command "${name}".${near === undefined ? "" : ` Did you mean "${near}"?`}`;
}

function aboutCommand(message: string, args: readonly string[], signature: string): string {
  if (message.startsWith("Too few")) return `${missing(signature, /\d+/.exec(message)?.[0])}.`;
  const unknown = /^Unknown: (.+)\.$/.exec(message)?.[1]?.split(", ");
  if (unknown !== undefined) return unknown.map((word) => strange(word, args)).join(" ");
  const together = /^It goes only.*\n\s*(\S+) -> (\S+)/.exec(message);
  if (together !== null) return `--${together[1]} goes only together with --${together[2]}.`;
  const choice = /Argument: ([^,]+), Given: (.*), Choices: (.+)$/s.exec(message);
  if (choice !== null) return `${choice[1]} is ${choice[2]}, but must be one of ${choice[3]}.`;
  return message.startsWith("options are missing:") ? message.replaceAll(/(?<=[:,] )/g, "--") : message;
}

/** What of `<run> <row>` was not given. */
function missing(signature: string, given = "0"): string {
  const left = [...signature.matchAll(/<([^>]+)>/g)].map(([whole]) => whole).slice(Number(given));
  return left.length === 0 ? "something is missing" : `${left.join(" and ")} ${left.length === 1 ? "is" : "are"} missing`;
}

/** yargs names options without their dashes. */
function strange(word: string, args: readonly string[]): string {
  const option = args.find((arg) => arg.split("=")[0] === `--${word}` || arg.split("=")[0] === `-${word}`);
  return option === undefined ? `"${word}" is one argument too many.` : `it has no option ${option.split("=")[0]}.`;
}

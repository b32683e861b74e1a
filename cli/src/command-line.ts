/** Command lines as a person can copy them into a shell. */

const PLAIN = /^[\w@%+=:,./-]+$/;

/** As it was typed: who starts it by npx has no `autotraj` of its own in the shell. */
export const PROGRAM = process.env["npm_command"] === "exec" ? "npx autotraj" : "autotraj";

/** @param args without the program's name */
export function commandLine(args: readonly string[]): string {
  return [PROGRAM, ...args.map(shellWord)].join(" ");
}

/** One word of a command line. */
export function shellWord(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

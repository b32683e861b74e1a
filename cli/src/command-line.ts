/** Command lines as a person can copy them into a shell. */

const PLAIN = /^[\w@%+=:,./-]+$/;

/** @param args without the program's name */
export function commandLine(args: readonly string[]): string {
  return ["autotraj", ...args.map(quoted)].join(" ");
}

function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

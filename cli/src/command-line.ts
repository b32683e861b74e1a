/** Command lines as a person can copy them into a shell. */

const PLAIN = /^[\w@%+=:,./-]+$/;

/** As it was typed: who starts it by npx has no `autotraj` of its own in the shell. */
export function program(): string {
  return process.env["npm_command"] === "exec" ? "npx autotraj" : "autotraj";
}

/** @param args without the program's name */
export function commandLine(args: readonly string[]): string {
  return [program(), ...args.map(shellWord)].join(" ");
}

/** Advice as core, plugins and commands word it, with `autotraj …` in backticks, so that its commands can be typed here. */
export function asTyped(advice: string): string {
  return advice.replaceAll(/`autotraj(?=[ `])/g, `\`${program()}`);
}

/** One word of a command line. */
export function shellWord(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command line over as many lines as it needs in so many columns; a shell reads them as one. */
export function continued(line: string, columns: number): string {
  const lines: string[] = [];
  for (const word of line.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + CONTINUES.length < columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(lines.length === 0 ? word : `  ${word}`);
  }
  return lines.join(`${CONTINUES}\n`);
}

const CONTINUES = " \\";

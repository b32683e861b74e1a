/** The commands that pages show, line by line. */
import { type Block, blocks } from "./pages.ts";

export interface CommandLine {
  readonly block: Block;
  /** Without a prompt, `npx` and what stands behind `#`. */
  readonly text: string;
}

const SHELL = ["sh", "bash", "shell"];
const COMMAND = /^(?:\$ |npx )*(?:autotraj|npm) /;

/** Fenced as a shell's, or indented with a command of ours in it. */
export function isShell({ language, code }: Block): boolean {
  return SHELL.includes(language) || (language === "" && code.split("\n").some((line) => COMMAND.test(line)));
}

export function commandLines(from: readonly Block[] = blocks): readonly CommandLine[] {
  return from.filter(isShell).flatMap((block) =>
    block.code
      .replaceAll(/\\\n\s*/g, "")
      .split("\n")
      .map((line) =>
        line
          .replace(/(?:^|\s)#\s.*$/, "")
          .replace(/^(?:\$ |npx )+/, "")
          .trim(),
      )
      .filter((text) => text !== "")
      .map((text) => ({ block, text })),
  );
}

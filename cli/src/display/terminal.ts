/**
 * The only way from this command to a terminal (`test/boundaries` checks it). What is printed may come from a model, a tool, a server or a log: nothing of it acts
 * on the terminal, and no secret is in it. The same where the output is a pipe: pipes end in terminals too.
 */
import { mapTexts, visible, visibleJson, visibleLine, withoutSecrets, withoutSecretsIn } from "@autotraj/core";
import { asTyped } from "../command-line.ts";
import { folded, terminalColumns, widthOf } from "./lines.ts";

/** A line, or several, on standard output: what was asked for, in our own words. On a terminal no line is wider than it is. */
export function print(text: string): void {
  process.stdout.write(`${worded(text, process.stdout)}\n`);
}

/** The same of what others wrote too, a model or a person, whose words stay theirs. */
export function printQuoted(text: string): void {
  process.stdout.write(`${folded(shown(text), terminalColumns())}\n`);
}

/** What is not ours to break either: a file's content. */
export function printVerbatim(text: string): void {
  process.stdout.write(`${shown(text)}\n`);
}

/** One JSON document on standard output. What is not there is null: a field that comes and goes would have to be asked for twice. */
export function printJson(value: unknown): void {
  process.stdout.write(`${visibleJson(withoutSecretsIn(value), (_, part) => part ?? null)}\n`);
}

/** A line, or several, on standard error: what is going on, what went wrong. */
export function say(text: string): void {
  process.stderr.write(`${worded(text, process.stderr)}\n`);
}

/** Broken last: a secret that goes over two lines would not be found. */
function worded(text: string, out: NodeJS.WriteStream): string {
  return folded(shown(asTyped(text)), terminalColumns(out));
}

/** Text as it may be shown. */
export function shown(text: string): string {
  return visible(withoutSecrets(text));
}

/** Data whose texts may be shown: what is painted is made of such. */
export function shownIn<T>(value: T): T {
  return mapTexts(value, shown) as T;
}

/** Text with our own colours in it, which {@link shown} would take out; all else of it went through {@link shownIn}. */
export function printPainted(text: string): void {
  process.stdout.write(`${text}\n`);
}

const ERASE_LINE = "\r\x1b[2K";
const ERASE_LINE_ABOVE = "\x1b[1A\x1b[2K";
/** Of a terminal that does not say. */
const COLUMNS = 80;

/** Lines that the next ones take the place of, with lines above them that stay. On a terminal only: elsewhere all of them are lines like others. */
export class DrawnLines {
  readonly #out: NodeJS.WriteStream;
  readonly areRedrawn: boolean;
  #lines: readonly string[] = [];

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
    this.areRedrawn = out.isTTY === true && process.env["TERM"] !== "dumb";
  }

  /** @param hanging where a line that is too wide goes on, in columns from its beginning */
  writeAbove(text: string, hanging = 0): void {
    const lines = folded(shown(text), terminalColumns(this.#out), hanging);
    this.#out.write(this.areRedrawn ? `${this.#erased()}${lines}\n${this.#lines.join("\n")}` : `${lines}\n`);
  }

  draw(lines: readonly string[]): void {
    const erased = this.areRedrawn ? this.#erased() : "";
    this.#lines = lines.map((line) => fitting(visibleLine(shown(line)), (this.#out.columns ?? COLUMNS) - 1));
    if (this.areRedrawn) this.#out.write(`${erased}${this.#lines.join("\n")}`);
    else this.#out.write(lines.map((line) => `${visibleLine(shown(line))}\n`).join(""));
  }

  /** What is drawn stays. */
  end(): void {
    if (this.areRedrawn && this.#lines.length > 0) this.#out.write("\n");
    this.#lines = [];
  }

  #erased(): string {
    return `${ERASE_LINE}${ERASE_LINE_ABOVE.repeat(Math.max(0, this.#lines.length - 1))}`;
  }
}

/** No more of it than stands in so many columns: a line that wraps is not erased. */
export function fitting(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let fits = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (widthOf(fits + segment) > columns - 1) break;
    fits += segment;
  }
  return `${fits}…`;
}

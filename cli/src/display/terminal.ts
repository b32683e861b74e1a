/**
 * The only way from this command to a terminal (`test/boundaries` checks it). What is printed may come from a model, a tool, a server or a log: nothing of it acts
 * on the terminal, and no secret is in it. The same where the output is a pipe: pipes end in terminals too.
 */
import { mapTexts, visible, visibleJson, visibleLine, withoutSecrets, withoutSecretsIn } from "@autotraj/core";

/** A line, or several, on standard output: what was asked for. */
export function print(text: string): void {
  process.stdout.write(`${shown(text)}\n`);
}

/** One JSON document on standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${visibleJson(withoutSecretsIn(value))}\n`);
}

/** A line, or several, on standard error: what is going on, what went wrong. */
export function say(text: string): void {
  process.stderr.write(`${shown(text)}\n`);
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

/** A line that stays; on a terminal it takes the place of the drawn one. */
export function writeLine(out: NodeJS.WriteStream, text: string): void {
  out.write(out.isTTY ? `${ERASE_LINE}${shown(text)}\n` : `${shown(text)}\n`);
}

/** A line that the next one takes the place of, on a terminal; elsewhere one like others. */
export function drawLine(out: NodeJS.WriteStream, text: string): void {
  if (!out.isTTY) writeLine(out, text);
  else out.write(`${ERASE_LINE}${visibleLine(shown(text)).slice(0, (out.columns ?? 120) - 1)}`);
}

/** After the last drawn line. */
export function endLine(out: NodeJS.WriteStream): void {
  if (out.isTTY) out.write("\n");
}

/**
 * Text for a terminal. Models, tools, servers and files decide what stands in it, so nothing of it may act: control characters move the cursor, rename windows and
 * write the clipboard; bidi overrides show a text in another order than it has.
 */

/** C0, DEL, C1, marks and overrides of direction, Unicode's line ends. */
const ACTING = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** The text with everything that acts written as `\u001b`; line ends and tabs stay. */
export function visible(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(ACTING, (sign) => (sign === "\n" || sign === "\t" ? sign : escaped(sign)));
}

/** The same for what must stay in one line: line ends and tabs become spaces. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll(/[\n\t]+/g, " ");
}

/** JSON in which nothing acts either: it is the same document, with more escapes. */
export function visibleJson(value: unknown, replacer?: (name: string, part: unknown) => unknown): string {
  return JSON.stringify(value, replacer).replaceAll(ACTING, escaped);
}

function escaped(sign: string): string {
  return `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

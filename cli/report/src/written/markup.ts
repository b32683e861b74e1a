/** HTML and SVG out of templates in which every text is escaped, whoever wrote it. The only place where text becomes markup. */
import { visible, withoutSecrets } from "@autotraj/core";

/** What may stand in a page as it is. Made by {@link html} alone. */
export class Markup {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  toString(): string {
    return this.#text;
  }
}

export type Content = Markup | string | number | undefined | readonly Content[];

export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(strings.map((literal, index) => literal + markupOf(contents[index])).join(""));
}

function markupOf(content: Content): string {
  if (content === undefined) return "";
  if (content instanceof Markup) return String(content);
  if (typeof content === "string") return escaped(content);
  return typeof content === "number" ? String(content) : content.map(markupOf).join("");
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text: string): string {
  return shown(text).replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? "");
}

/** Formats without a shape, halves of characters, what is no character; not the joiners that emoji and some scripts are written with. */
const UNSEEN = /(?![\u200c\u200d])[\p{Cf}\p{Cs}\ufffe\uffff]/gu;

/** Foreign text as it may be shown: no secret is in it, and what cannot be seen, or would turn other text around, is spelled out. */
export function shown(text: string): string {
  return visible(withoutSecrets(text)).replaceAll(UNSEEN, (sign) => {
    const code = (sign.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
  });
}

/** On one line, and no longer than this. */
export function shownLine(text: string, most: number): string {
  const line = shown(text.slice(0, 2 * most))
    .replaceAll(/\s+/g, " ")
    .trim();
  return line.length > most || text.length > 2 * most ? `${line.slice(0, most - 1)}…` : line;
}

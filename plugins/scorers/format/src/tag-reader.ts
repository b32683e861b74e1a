/** A tag in model-written text. Attributes and blanks inside the brackets make it plain text: the format knows none. */
export interface Tag {
  readonly name: string;
  readonly closing: boolean;
  readonly start: number;
  readonly end: number;
}

/** No tag name is longer. Keeps a text full of `<` linear to read. */
const LONGEST_NAME = 64;

/** The first `<name>` or `</name>` at or after `from`. Looks at most {@link LONGEST_NAME} characters ahead of each `<`. */
export function nextTag(text: string, from: number): Tag | undefined {
  for (let start = text.indexOf("<", from); start >= 0; start = text.indexOf("<", start + 1)) {
    const closing = text[start + 1] === "/";
    const nameStart = start + (closing ? 2 : 1);
    let at = nameStart;
    while (at - nameStart < LONGEST_NAME && isNameCharacter(text.charCodeAt(at), at === nameStart)) at++;
    if (at > nameStart && text[at] === ">") return { name: text.slice(nameStart, at), closing, start, end: at + 1 };
  }
  return undefined;
}

function isNameCharacter(code: number, first: boolean): boolean {
  const letter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return letter || (!first && ((code >= 48 && code <= 57) || code === 45 || code === 95));
}

export function isBlank(text: string): boolean {
  return text.trim() === "";
}

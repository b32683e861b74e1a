/** Answers in words: compared as HotpotQA's script does, but for what carries meaning in them, which stays: points, signs, slashes and colons at numbers, `+`, `-` and `#` after letters. */
import { withDigits } from "@autotraj/rationals/number-words";
import { withPlainDates } from "./calendar.ts";
import { plainCharacters } from "./unicode.ts";

/** True where two texts say the same, letter case, articles and mere punctuation aside, whatever way a date, a range, initials and a list's end are written. */
export function sameText(gold: string, given: string): boolean {
  const [expected, got] = [gold, given].map((text) => plainText(inOneSpelling(text)));
  return expected === got && expected !== "";
}

function inOneSpelling(text: string): string {
  return withPlainDates(withDigits(plainCharacters(text)))
    .replace(/(?<=(?<!\p{L})\p{Lu})\.\s?(?=\p{Lu}(?:\.|\s))/gu, "")
    .replace(/\bbetween\s+(?=\S*\d)(\S+)\s+and\s+(?=[-$€£]?\d)/gi, "$1-")
    .replace(/\bfrom\s+(?=\S*\d\S*\s+(?:to|through)\s)/gi, "")
    .replace(/(?<=\d)—(?=\d)/g, "-")
    .replace(/(?<=\d)\s?[x×]\s?(?=\d)/g, "x")
    .replace(/(?<=\S),?\s+(?:and|&)\s+(?=\S)/g, " ");
}

/** Harmonic mean of the precision and recall of the words that {@link sameText} compares. */
export function textF1(gold: string, given: string): number {
  const [expected, got] = [plainText(gold), plainText(given)].map((text) => text.split(" ")) as [string[], string[]];
  if (
    Math.min(expected.length, got.length) === 1 &&
    /^(?:yes|no|noanswer)$/.test(expected.length === 1 ? (expected[0] as string) : (got[0] as string))
  )
    return expected.join(" ") === got.join(" ") ? 1 : 0;
  const left = [...expected];
  let common = 0;
  for (const word of got) {
    const at = left.indexOf(word);
    if (at < 0) continue;
    left.splice(at, 1);
    common++;
  }
  return (2 * common) / (expected.length + got.length);
}

/** Words in lower case with single spaces. */
export function plainText(text: string): string {
  return (
    withoutArticles(withDigits(plainCharacters(text)))
      .toLowerCase()
      .replace(/\\[,;:!]/g, "")
      .replace(/\\[$%#&_]/g, (escaped) => escaped.slice(1))
      .replace(/\b(\d{1,3}(?:,\d{3})+)(?![\d,])/g, (number) => number.replaceAll(",", ""))
      .replace(/\s?(?:%|\bper ?cent\b)/g, "%")
      .replace(/(?<=\d)\s+(?:to|through)\s+(?=\d)/g, "-")
      .replace(/(?<=\d)\s?([-/:])\s?(?=\d)/g, "$1")
      .replace(/\b0(?=\d:\d)/g, "")
      // A hyphen in a name (`F-16`, `7-Eleven`, `well-known`), not in `T-1 day`.
      .replace(/(?<=\p{L}{2})-(?=\d)|(?<=\p{L})-(?=\p{L}|\d\d)|(?<=\d)-(?=\p{L})/gu, "")
      .replace(/[,;—―]/g, " ")
      .replace(/(?<!\d)\.(?!\d)|(?<=\d)\.(?!\d)|(?<=\p{L})\.(?=\d)/gu, "")
      .replace(/(?<!\d):|:(?!\d)|(?<!\d)\/(?!\d)|(?<!\d)'|'(?!\d)|(?<!\p{L})#|\^(?![\d{-])|(?<!\d)_|(?<!(?<!\p{L})\p{L})\*/gu, "")
      .replace(/(?<![\p{L}\d+-])-(?![\d.$€£¥\p{L}])/gu, "")
      .replace(/[!"&()?@[\\\]`{|}“”„«»‘’]/g, "")
      .split(/\s/)
      .filter((word) => word !== "")
      .join(" ")
  );
}

/** Articles before another word; the `A` of `Hepatitis A` is none. */
function withoutArticles(text: string): string {
  return text.replace(/(?<![\p{L}\p{N}_'’.-])(?:[tT]he|THE|an?|(?<=^\W{0,3})An?)\s+(?=[^\s])/gu, "");
}

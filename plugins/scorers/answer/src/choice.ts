/** Multiple choice: the option an answer declares, by its letter or its text. */
import { asCorrected } from "./corrections.ts";
import type { ChoiceOption } from "./shown-options.ts";
import { plainText } from "./text.ts";
import { unwrap, withoutMarkup } from "./unwrap.ts";

const LETTER = String.raw`\(?[A-J]\)?(?![\p{L}\p{N}'’+#])`;
const LETTER_LIST = String.raw`${LETTER}(?:\s{0,2}(?:,\s?and|,\s?or|,|&|\/|and|or|\+)\s{0,2}${LETTER}){0,9}`;
const NAMED = String.raw`(?:(?:option|choice|answer|letter|alternative|statement)s?\s{1,3})?`;
const WHOLE = new RegExp(String.raw`^${NAMED}["'([{]?\s?(${LETTER_LIST})\s?["')\]}.:]*$`, "iu");
const WITH_TEXT = new RegExp(String.raw`^${NAMED}(?:\(([A-J])\)|([A-J])\s?[).:]|([A-J])\s[-–—]\s)\s*(\S.*)$`, "su");
const CLOSING = /^(.*\s)\(([A-J])\)$/s;

/** `the answer is`, `Option:`, `so`, `choose`, `is`: a letter behind them is declared, if it is no word. */
const NAME = String.raw`\b(?:[Aa]nswer|ANSWER|[Aa]ns\.?|[Cc]hoice|[Oo]ption|[Ll]etter|[Ss]election|[Pp]ick)s?`;
const STATES = String.raw`(?:\s(?:is|are|would be|should be|must be|choice|to (?:this|the) (?:question|problem) is)\b|\s?[:=]|\s[-–—])+`;
const LEADS = String.raw`\b(?:[Cc]hoose|chose|[Pp]ick|[Ss]elect|go with|[Mm]ark|is|are|[Ii]t's|say|but|[Tt]herefore|[Ss]o|[Hh]ence|[Tt]hus)(?:\s(?:with|for|be))?(?=\s|:)`;
const OPENS = String.raw`[\s:*"'(\[]{0,4}(?:(?:option|choice|letter|answer)s?\s)?["'(\[]{0,2}`;
const DECLARED = new RegExp(`(?:${NAME}${STATES}|${LEADS}|\\b(?:[Oo]ption|[Cc]hoice|[Ll]etter)s?)${OPENS}(${LETTER_LIST})`, "gu");
const CONFIRMED = new RegExp(
  String.raw`(?<![\p{L}\p{N}'’])(${LETTER_LIST})\s(?:is|are)\s(?:the\s)?(?:(?:only|best|most likely)\s)?(?:correct|right|true|answer|choice|option|best)`,
  "gu",
);
const DENIAL = /(?:\bnot|n't|\bnor|\bneither|\bexcept|\banything but|\bthan|\beliminate|\brule out)\s*(?:(?:option|choice|answer)\s)?[("'*]{0,2}$/i;

/** The letters an answer declares last, sorted; undefined where it declares none. `I` is a pronoun and `A` an article where words follow. */
export function declaredLetters(answer: string): string | undefined {
  const spoken = withoutMarkup(answer).replace(/\\(?:text|textbf|mathrm|mathbf|mbox|boxed)\s?\{([^{}]*)\}/g, "$1");
  const text = unwrap(asCorrected(unwrap(spoken)));
  const written = WHOLE.exec(text)?.[1] ?? lastDeclared(spoken) ?? letterBeforeText(text) ?? closingLetter(text);
  return written === undefined ? undefined : lettersOf(written);
}

function lastDeclared(text: string): string | undefined {
  return [...text.matchAll(DECLARED), ...text.matchAll(CONFIRMED)]
    .map((match) => ({ letters: match[1] as string, at: match.index + match[0].lastIndexOf(match[1] as string) }))
    .filter(({ letters, at }) => isDeclared(text, letters, at))
    .sort((one, other) => one.at - other.at)
    .at(-1)?.letters;
}

/** `B) Paris`. */
function letterBeforeText(text: string): string | undefined {
  const found = WITH_TEXT.exec(text);
  return found?.[1] ?? found?.[2] ?? found?.[3];
}

/** `Paris (B)`, or a letter that is the last line or sentence. */
function closingLetter(text: string): string | undefined {
  const closing = CLOSING.exec(text);
  if (closing !== null && !DENIAL.test(closing[1] as string)) return closing[2];
  for (const parts of [text.split("\n"), text.split(/[.!?]\s+(?=\S)/)]) {
    const last = unwrap(parts.at(-1) as string);
    const letter = WHOLE.exec(last)?.[1] ?? letterBeforeText(last);
    if (letter !== undefined) return letter;
  }
  return undefined;
}

/** Letters written as one, in order: `BD`. */
export function lettersInOrder(text: string): string | undefined {
  return /^(?=..)A?B?C?D?E?F?G?H?I?J?$/.test(text) ? text : undefined;
}

/** What an answer says beside its letter: `Paris` in `C) Paris` and in `Paris (C)`. */
export function textBesideLetter(answer: string): string | undefined {
  const whole = unwrap(answer);
  const text = WITH_TEXT.exec(whole)?.[4] ?? CLOSING.exec(whole)?.[1];
  return text === undefined ? undefined : unwrap(text);
}

/** The one option in words that an answer's last sentence names; undefined where it names none, several, or denies it. */
export function mentionedOption(answer: string, options: readonly ChoiceOption[]): string | undefined {
  const last = unwrap(answer)
    .split(/[.!?]\s+(?=\S)|\n/)
    .at(-1) as string;
  const sentence = ` ${plainText(last)} `;
  const isInWords = (text: string) => /^\P{Nd}*\p{L}{2}\P{Nd}*$/u.test(text);
  const mentioned = options
    .map(({ letter, text }) => ({ letter, at: isInWords(text) ? sentence.indexOf(` ${plainText(text)} `) : -1 }))
    .filter(({ at }) => at >= 0);
  const [only] = mentioned;
  return only === undefined || mentioned.length > 1 || DENIAL.test(sentence.slice(0, only.at)) ? undefined : only.letter;
}

function isDeclared(text: string, letters: string, at: number): boolean {
  const rest = text.slice(at + letters.length);
  if (DENIAL.test(text.slice(Math.max(0, at - 40), at))) return false;
  if (/^\s(?:is|are|was)(?:\snot|n't|\s(?:wrong|incorrect|false|ruled))/i.test(rest)) return false;
  return !/^[AI]$/.test(letters) || !/^\s\p{Ll}/u.test(rest) || /^\s(?:is|because|since|and|as|for)\b/.test(rest);
}

/** `B and A` as `AB`; undefined for `A or B`, which declares neither. */
function lettersOf(written: string): string | undefined {
  if (/\bor\b/i.test(written)) return undefined;
  const letters =
    written
      .toUpperCase()
      .replace(/\bAND\b/g, "")
      .match(/[A-J]/g) ?? [];
  return [...new Set(letters)].sort().join("");
}

/** The letter or letters of a gold answer such as `C`, `(C)`, `A and C`; undefined for other text. */
export function goldLetters(gold: string): string | undefined {
  const whole = /^(?:(?:option|choice|answer)\s)?(\(?[A-J]\)?[).:]?(?:\s?(?:,|&|;|\/|and|,\s?and)\s?\(?[A-J]\)?)*[.:]?)$/.exec(unwrap(gold))?.[1];
  return whole === undefined ? undefined : lettersOf(whole);
}

/** Multiple choice: the options a question shows, and the one an answer declares, by its letter or its text. */
import { plainText } from "./text.ts";
import { unwrap, withoutMarkup } from "./unwrap.ts";

export interface ChoiceOption {
  readonly letter: string;
  /** Empty where only the letters are known. */
  readonly text: string;
}

const LETTERS = "ABCDEFGHIJ";
const MAX_QUESTION_LENGTH = 50_000;
const OPTION_MARK =
  /(?:^|[\n\s$}])(?:\\(?:textbf|mathrm|text|mathbf)\s?\{|\*\*)?(?:\(([A-J])\)|([A-J])\)|([A-J])[.:](?=\s|\*|\$|\\))(?:\*\*|\s?\})?(?:\\[ ,;~]|~|\s)*/g;

/** The options of `A) …`, `A. …`, `(A) …`, each on its line or one after another, or of the query's own `choices` or `options`; empty where there are none. */
export function readOptions(question: string, meta: Readonly<Record<string, unknown>> = {}): readonly ChoiceOption[] {
  const listed = optionsOf(meta["choices"]) ?? optionsOf(meta["options"]);
  if (listed !== undefined) return listed;
  if (question.length > MAX_QUESTION_LENGTH) return [];
  const marks = [...question.matchAll(OPTION_MARK)];
  let run: RegExpExecArray[] = [];
  let longest: readonly RegExpExecArray[] = [];
  for (const mark of marks) {
    const letter = mark[1] ?? mark[2] ?? mark[3];
    if (letter === "A") run = [mark];
    else if (letter === LETTERS[run.length] && run.length > 0) run.push(mark);
    if (run.length >= longest.length) longest = [...run];
  }
  // `A. Smith and B. Jones` are initials: two such marks must open their lines.
  const isInline = longest.some((mark) => mark[3] !== undefined && mark.index > 0 && question[mark.index] !== "\n");
  if (longest.length < (isInline ? 3 : 2)) return [];
  return longest.map((mark, index) => {
    const end = longest[index + 1]?.index ?? question.length;
    const text = question.slice(mark.index + mark[0].length, end).split(/\n\s*\n/)[0] ?? "";
    return { letter: LETTERS[index] as string, text: unwrap(text.replace(/\\q?quad|\\qquad|\$\s*$|\\\\\s*$/g, " ").trim()) };
  });
}

/** `["Paris", …]`, `{ A: "Paris", … }` or `{ label: ["A", …], text: ["Paris", …] }`. */
function optionsOf(value: unknown): readonly ChoiceOption[] | undefined {
  if (Array.isArray(value)) return listed(value.map(String));
  if (typeof value !== "object" || value === null) return undefined;
  const { text, label } = value as { text?: unknown; label?: unknown };
  if (Array.isArray(text) && Array.isArray(label))
    return text.map((entry, index) => ({ letter: String(label[index] ?? LETTERS[index]).toUpperCase(), text: String(entry) }));
  const entries = Object.entries(value).filter(([key]) => /^[A-Ja-j]$/.test(key));
  return entries.length < 2 ? undefined : entries.map(([key, entry]) => ({ letter: key.toUpperCase(), text: String(entry) }));
}

/** `["A) Paris", …]` carries its letters itself. */
function listed(texts: readonly string[]): readonly ChoiceOption[] | undefined {
  if (texts.length < 2 || texts.length > LETTERS.length) return undefined;
  return texts.map((text, index) => {
    const letter = LETTERS[index] as string;
    return { letter, text: unwrap(text.replace(new RegExp(String.raw`^\s*\(?${letter}[).:]\s+`), "")) };
  });
}

const LETTER_LIST = String.raw`\(?[A-J]\)?(?![\p{L}\p{N}'’+#])(?:\s{0,2}(?:,\s?and|,\s?or|,|&|;|\/|and|or|\+)\s{0,2}\(?[A-J]\)?(?![\p{L}\p{N}'’+#])){0,9}`;
const NAMED = String.raw`(?:(?:option|choice|answer|letter|alternative|statement)s?\s{1,3})?`;
const WHOLE = new RegExp(String.raw`^${NAMED}["'([{]?\s?(${LETTER_LIST})\s?["')\]}.:]*$`, "iu");
const WITH_TEXT = new RegExp(String.raw`^${NAMED}(?:\(([A-J])\)|([A-J])\s?[).:]|([A-J])\s[-–—]\s)\s*(\S.*)$`, "su");
const DECLARED = new RegExp(
  String.raw`(?:\b(?:answer|choice|option|letter|selection|pick)s?(?:\s(?:is|are|would be|should be|must be|choice|to (?:this|the) (?:question|problem) is)\b|\s?[:=])+|\b(?:choose|chose|pick|select|go with|mark|is|are|it's|say|but|therefore|so|hence|thus)(?:\s(?:with|for|be))?(?=\s|:)|\b(?:option|choice|letter)s?)[\s:*"'(\[]{0,4}(?:(?:option|choice|letter|answer)s?\s)?["'(\[]{0,2}(${LETTER_LIST})`,
  "gu",
);
const CONFIRMED = new RegExp(
  String.raw`(?<![\p{L}\p{N}'’])(${LETTER_LIST})\s(?:is|are)\s(?:the\s)?(?:(?:only|best|most likely)\s)?(?:correct|right|true|answer|choice|option|best)`,
  "gu",
);
const DENIAL = /(?:\bnot|n't|\bnor|\bneither|\bexcept|\bthan|\beliminate|\brule out)\s*(?:(?:option|choice|answer)\s)?[("'*]{0,2}$/i;

/** The letters an answer declares last, sorted; undefined where it declares none. `I` is a pronoun and `A` an article where words follow. */
export function declaredLetters(answer: string): string | undefined {
  const text = unwrap(withoutMarkup(answer).replace(/\\(?:text|textbf|mathrm|mathbf|mbox|boxed)\s?\{([^{}]*)\}/g, "$1"));
  const whole = WHOLE.exec(text)?.[1];
  if (whole !== undefined) return lettersOf(whole);
  const opened = WITH_TEXT.exec(text);
  const found = [...text.matchAll(DECLARED), ...text.matchAll(CONFIRMED)]
    .map((match) => ({ letters: match[1] as string, at: match.index + match[0].lastIndexOf(match[1] as string) }))
    .filter(({ letters, at }) => isDeclared(text, letters, at))
    .sort((one, other) => one.at - other.at);
  if (opened !== null && found.length === 0) return lettersOf(opened[1] ?? opened[2] ?? opened[3] ?? "");
  const last = found.at(-1)?.letters ?? /\s\(([A-J])\)$/.exec(text)?.[1];
  if (last !== undefined) return lettersOf(last);
  const lines = [text.split("\n"), text.split(/[.!?]\s+(?=\S)/)].map((parts) => unwrap(parts.at(-1) ?? ""));
  const closing = lines.map(
    (line) =>
      WHOLE.exec(line)?.[1] ??
      WITH_TEXT.exec(line)
        ?.slice(1, 4)
        .find((letter) => letter !== undefined),
  );
  return closing.map((letter) => (letter === undefined ? undefined : lettersOf(letter))).find((letter) => letter !== undefined);
}

/** What an answer says behind its letter: `Paris` in `C) Paris`. */
export function textBehindLetter(answer: string): string | undefined {
  const text = WITH_TEXT.exec(unwrap(answer))?.[4];
  return text === undefined ? undefined : unwrap(text);
}

/** The one option in words that an answer's last sentence names; undefined where it names none, several, or denies it. */
export function mentionedOption(answer: string, options: readonly ChoiceOption[]): string | undefined {
  const sentence = ` ${plainText(
    unwrap(answer)
      .split(/[.!?]\s+(?=\S)|\n/)
      .at(-1) ?? "",
  )} `;
  const mentioned = options.filter(({ text }) => /^\P{Nd}*\p{L}{2}\P{Nd}*$/u.test(text) && sentence.includes(` ${plainText(text)} `));
  const [only] = mentioned;
  if (only === undefined || mentioned.length > 1) return undefined;
  return /(?:\bnot|n't|\bnor|\bneither|\bthan|\bnever)\s$/.test(sentence.slice(0, sentence.indexOf(` ${plainText(only.text)} `) + 1))
    ? undefined
    : only.letter;
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
  return [
    ...new Set(
      written
        .toUpperCase()
        .replace(/\bAND\b/g, "")
        .match(/[A-J]/g) ?? [],
    ),
  ]
    .sort()
    .join("");
}

/** The letter or letters of a gold answer such as `C`, `(C)`, `C) Paris`, `A and C`; undefined for other text. */
export function goldLetters(gold: string): string | undefined {
  const text = unwrap(gold);
  const whole = /^(?:(?:option|choice|answer)\s)?\(?[A-J]\)?[).:]?(?:\s?(?:,|&|;|\/|and|,\s?and)\s?\(?[A-J]\)?)*[.:]?$/u.test(text)
    ? text.replace(/^(?:option|choice|answer)\s/i, "")
    : undefined;
  return whole === undefined ? undefined : lettersOf(whole);
}

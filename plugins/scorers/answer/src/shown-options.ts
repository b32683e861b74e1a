/** The options that a multiple-choice question shows. */
import { unwrap } from "./unwrap.ts";

export interface ChoiceOption {
  readonly letter: string;
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
    else if (letter === LETTERS[run.length]) run.push(mark);
    if (run.length >= longest.length) longest = [...run];
  }
  // `A. Smith and B. Jones` are initials: two such marks must open their lines.
  const isInline = longest.some((mark) => mark[3] !== undefined && mark.index > 0 && question[mark.index] !== "\n");
  if (longest.length < (isInline ? 3 : 2)) return [];
  return longest.map((mark, index) => {
    const end = longest[index + 1]?.index ?? question.length;
    const text = question.slice(mark.index + mark[0].length, end).split(/\n\s*\n/)[0] ?? "";
    return { letter: LETTERS[index] as string, text: unwrap(withoutFormulaEnd(text.replace(/\\q?quad|\\\\\s*$/g, " "))) };
  });
}

/** The dollar that closes the formula around all options belongs to none of them; `$x^2$` is whole. */
function withoutFormulaEnd(text: string): string {
  return text.split("$").length % 2 === 0 ? text.replace(/\$\s*$/, "") : text;
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

/** Worked solutions from a file, found by the question's text: recorded logs and other data sets carry none. */
import { createHash } from "node:crypto";
import { RowProblem, readRows } from "@autotraj/json-lines/read-rows";

/** Solutions by question. Only a hash of the question is kept. */
export class Solutions {
  readonly #byQuestion = new Map<string, string>();
  /** Rows whose question was there already, with another solution: the first one counts. */
  repeated = 0;

  find(question: string): string | undefined {
    return this.#byQuestion.get(questionKey(question));
  }

  add(question: string, solution: string): void {
    const key = questionKey(question);
    const known = this.#byQuestion.get(key);
    if (known === undefined) this.#byQuestion.set(key, solution);
    else if (known !== solution) this.repeated++;
  }
}

/** @throws PluginError SOLUTIONS_INVALID naming file and lines, or why the file cannot be read. */
export function readSolutions(path: string): Solutions {
  const rows = readRows({
    path,
    name: "the solutions",
    codes: { unreadable: "SOLUTIONS_INVALID", invalid: "SOLUTIONS_INVALID" },
    hint: "Every row of `solutions` is {question, solution} or {question, answer}.",
    read: readRow,
  });
  const solutions = new Solutions();
  for (const { question, solution } of rows) solutions.add(question, solution);
  return solutions;
}

function readRow(value: unknown): { readonly question: string; readonly solution: string } {
  const { question, solution, answer } = (value ?? {}) as Record<string, unknown>;
  const worked = solution ?? answer;
  if (typeof question !== "string" || question.trim() === "") throw new RowProblem('has no "question".');
  if (typeof worked !== "string" || worked.trim() === "") throw new RowProblem('has neither "solution" nor "answer" as text.');
  return { question, solution: worked };
}

/** Case, white space and the shape of quotation marks make no difference. */
function questionKey(question: string): string {
  const plain = question
    .normalize("NFKC")
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]/g, '"')
    .replace(/\s+/g, " ")
    .trim()
    .toLowerCase();
  return createHash("sha256").update(plain).digest("base64url").slice(0, 22);
}

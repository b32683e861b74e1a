/** Worked solutions from a file, found by the question's text: recorded logs and other data sets carry none. */
import { createHash } from "node:crypto";
import { PluginError } from "@autotraj/core/plugin";
import { linesIn } from "@autotraj/core/rows";

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

/** @throws PluginError SOLUTIONS_INVALID naming the file and line, or why the file cannot be read. */
export function readSolutions(file: string): Solutions {
  const solutions = new Solutions();
  try {
    for (const { text, line } of linesIn(file)) {
      const { question, solution } = readRow(text, `${file}:${line}`);
      solutions.add(question, solution);
    }
  } catch (error) {
    if (error instanceof PluginError) throw error;
    throw new PluginError("SOLUTIONS_INVALID", `${file} cannot be read: ${(error as Error).message}`, {
      hint: "Correct the option `solutions`: a path relative to the file that names it.",
      cause: error,
    });
  }
  return solutions;
}

function readRow(text: string, where: string): { question: string; solution: string } {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch (error) {
    throw invalid(where, `not JSON (${(error as Error).message})`);
  }
  const { question, solution, answer } = (row ?? {}) as Record<string, unknown>;
  const worked = solution ?? answer;
  if (typeof question !== "string" || question.trim() === "") throw invalid(where, 'it has no "question"');
  if (typeof worked !== "string" || worked.trim() === "") throw invalid(where, 'it has neither "solution" nor "answer" as text');
  return { question, solution: worked };
}

function invalid(where: string, what: string): PluginError {
  return new PluginError("SOLUTIONS_INVALID", `${where}: ${what}.`, {
    hint: "Every row of `solutions` is {question, solution} or {question, answer}.",
  });
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

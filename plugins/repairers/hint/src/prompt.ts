/** What the policy is shown in place of the plain question. */
import { material } from "@autotraj/repair-offers/material";
import type { HintRepairerOptions } from "./options.ts";

const PLACEHOLDER = /\{(question|answer|original)\}/g;

/** The template filled in, in one pass: braces inside the question or the trajectory stay as they are. */
export function hintedQuestion(parts: { question: string; answers: readonly string[]; original: string }, { template }: HintRepairerOptions): string {
  const attempt = [{ label: "an attempt that was not good enough", text: parts.original }];
  const original = parts.original === "" ? "" : `${material(attempt, [template, parts.question, ...parts.answers])}\n\n`;
  const values: Readonly<Record<string, string>> = { question: parts.question, answer: parts.answers.join(" or "), original };
  return template.replace(PLACEHOLDER, (_placeholder, name: string) => values[name] ?? "");
}

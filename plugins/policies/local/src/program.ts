/**
 * What has to be evaluated before the next token can be sampled, as a list of evaluations.
 *
 * Floating-point sums depend on how a text is cut into evaluations, so the cut must follow from the request alone: it is the same whether
 * the state of the earlier turns is still there, was put aside, or has to be made again after a resume. The rule:
 *
 *     [prefix] [question but its last token] [that token + given text] s1 s2 … sn-1 [sn + given text] …
 *
 * Sampled tokens one by one, as they were sampled; the last one waits and is evaluated together with the tool's result behind it.
 */
import { createHash } from "node:crypto";
import type { ContinuationPart } from "@autotraj/core/plugin";
import type { Llama } from "./llama.ts";
import type { Prompt } from "./template.ts";

/** Part of the policy's identity: change it with the rule above. */
export const PROGRAM_VERSION = 1;

type Vocabulary = Pick<Llama, "tokenize" | "detokenize" | "vocabularySize">;

export interface Program {
  readonly evaluations: readonly (readonly number[])[];
  /** For each evaluation, a name for the state it leaves: the same evaluations give the same name. */
  readonly keys: readonly string[];
  /** How many evaluations from the first are worth keeping for other requests: the prefix, the question. */
  readonly shared: number;
  readonly tokenCount: number;
}

export function programOf(prompt: Prompt, continuation: readonly ContinuationPart[], llama: Vocabulary): Program {
  const evaluations = [prompt.prefix, prompt.question.slice(0, -1)].filter((tokens) => tokens.length > 0);
  const shared = evaluations.length;
  let pending = prompt.question.slice(-1);
  let given = "";
  const flush = () => {
    if (given !== "") pending.push(...llama.tokenize(given));
    given = "";
  };
  for (const part of continuation) {
    const sampled = part.by === "model" ? sampledTokens(part, llama) : undefined;
    if (sampled === undefined) {
      given += part.text;
      continue;
    }
    flush();
    evaluations.push(pending, ...oneByOne(sampled.slice(0, -1)));
    pending = sampled.slice(-1);
  }
  flush();
  evaluations.push(pending);
  return {
    evaluations,
    keys: keysOf(evaluations),
    shared,
    tokenCount: countTokens(evaluations),
  };
}

/** Names of the states after each evaluation, going on from the state `from`. */
export function keysOf(evaluations: readonly (readonly number[])[], from = ""): string[] {
  let key = from;
  return evaluations.map((tokens) => {
    key = createHash("sha256").update(key).update(JSON.stringify(tokens)).digest("hex").slice(0, 32);
    return key;
  });
}

export function countTokens(evaluations: readonly (readonly number[])[]): number {
  return evaluations.reduce((sum, tokens) => sum + tokens.length, 0);
}

export function oneByOne(tokens: readonly number[]): number[][] {
  return tokens.map((token) => [token]);
}

/** The turn's tokens where they are this model's and spell the turn's text; a turn of another model has tokens of another vocabulary. */
function sampledTokens(part: ContinuationPart & { by: "model" }, llama: Vocabulary): readonly number[] | undefined {
  const { text, tokens } = part;
  if (tokens === undefined || tokens.length === 0) return undefined;
  if (!tokens.every((token) => Number.isInteger(token) && token >= 0 && token < llama.vocabularySize)) return undefined;
  const spelled = llama.detokenize(tokens);
  if (spelled === text) return tokens;
  // A stop string that ended inside the last token: the text was cut there.
  const cutInLastToken = spelled.startsWith(text) && llama.detokenize(tokens.slice(0, -1)).length < text.length;
  return cutInLastToken ? tokens : undefined;
}

/**
 * Does the text agree with what the tools said? Two things are checked, both without judgement: a call that is plain arithmetic must have the right
 * observation, and a number the model states after a result must have come from somewhere: a result, the question, its own calls, or rounding one of these.
 */
import type { Score, Span, ToolMessage, Trajectory } from "@autotraj/core/plugin";
import { agrees, decimals, evaluate, FLOAT_DECIMALS, type Rational, rational } from "./arithmetic.ts";

/** Small whole numbers are words more often than claims ("step 2", "both"). */
const SMALLEST_CLAIM = 10n;
const MOST_NUMBERS = 2000;
const NUMBER = /\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?/g;

interface Found {
  readonly text: string;
  readonly start: number;
  readonly value: Rational;
}

export function faithfulness({ messages, query, tools }: Trajectory): Score {
  const callTags = tools.flatMap(({ tag }) => (tag === undefined ? [] : [tag.name]));
  const known: { value: Rational; decimals: number }[] = numbersIn(query.question).map(known1);
  const spans: Span[] = [];
  let checks = 0;
  let seenResult = false;
  const argumentsById = new Map<string, string>();
  messages.forEach((message, index) => {
    if (message.role === "assistant") {
      const text = message.text ?? [message.reasoning ?? "", message.content].join("\n");
      for (const claim of seenResult ? claimsIn(text, callTags) : []) {
        checks++;
        if (!isSupported(claim, known))
          spans.push({ message: index, start: claim.start, end: claim.start + claim.text.length, note: `${claim.text} comes from nowhere` });
      }
      for (const call of message.toolCalls ?? []) {
        const written = Object.values(call.arguments)
          .filter((value) => typeof value === "string")
          .join("\n");
        argumentsById.set(call.id, written);
        known.push(...numbersIn(written).map(known1));
      }
    } else if (message.role === "tool") {
      seenResult = true;
      const wrong = checkObservation(argumentsById.get(message.toolCallId) ?? "", message);
      if (wrong !== undefined) {
        checks++;
        if (wrong !== "") spans.push({ message: index, start: 0, end: message.content.length, note: wrong });
      }
      known.push(...numbersIn(message.content).map(known1));
    }
  });
  if (!seenResult) return { skipped: "no tool was called" };
  if (checks === 0) return { skipped: "nothing to check" };
  if (spans.length === 0) return { value: 1 };
  const reason = `${spans.length} of ${checks} checks failed: ${spans
    .slice(0, 3)
    .map(({ note }) => note)
    .join("; ")}`;
  return { value: 1 - spans.length / checks, reason, spans };
}

/** What is wrong with an arithmetic call's observation; "" when it is right; undefined when the call is not arithmetic that can be checked. */
export function checkObservation(argument: string, { content, ok }: Pick<ToolMessage, "content" | "ok">): string | undefined {
  if (!ok) return undefined;
  const expression = /^\s*print\((.*)\)\s*$/s.exec(argument)?.[1] ?? argument;
  const exact = evaluate(expression);
  const written = content.trim();
  const observed = rational(written);
  if (exact === undefined || observed === undefined) return undefined;
  // A whole number is never the tool's own rounding.
  const precision = decimals(written) === 0 ? FLOAT_DECIMALS : decimals(written);
  return agrees(exact, observed, precision) ? "" : `${expression.trim()} is not ${written}`;
}

function known1({ text, value }: Found): { value: Rational; decimals: number } {
  return { value, decimals: decimals(text) };
}

/** Numbers in the text, without those inside the model's own calls. */
function claimsIn(text: string, tags: readonly string[]): readonly Found[] {
  return numbersIn(withoutCalls(text, tags)).filter(({ value }) => value.denominator !== 1n || value.numerator >= SMALLEST_CLAIM);
}

/** The bodies of calls are blanked, so that places in the text stay true. */
function withoutCalls(text: string, tags: readonly string[]): string {
  const parts: string[] = [];
  let at = 0;
  while (at < text.length) {
    const opening = tags.flatMap((tag) => {
      const start = text.indexOf(`<${tag}>`, at);
      return start < 0 ? [] : [{ tag, start: start + tag.length + 2 }];
    });
    const [next] = opening.sort((a, b) => a.start - b.start);
    if (next === undefined) break;
    const found = text.indexOf(`</${next.tag}>`, next.start);
    const end = found < 0 ? text.length : found;
    parts.push(text.slice(at, next.start), " ".repeat(end - next.start));
    at = end;
  }
  return parts.join("") + text.slice(at);
}

function numbersIn(text: string): readonly Found[] {
  const found: Found[] = [];
  for (const match of text.matchAll(NUMBER)) {
    const value = rational(match[0]);
    if (value !== undefined) found.push({ text: match[0], start: match.index, value });
    if (found.length >= MOST_NUMBERS) break;
  }
  return found;
}

/** The claim itself, or a known number rounded to the claim's decimals. Signs are not compared: "a loss of 5" may be -5. */
function isSupported(claim: Found, known: readonly { value: Rational; decimals: number }[]): boolean {
  const claimDecimals = decimals(claim.text);
  return known.some((other) =>
    other.decimals >= claimDecimals ? agrees(other.value, claim.value, claimDecimals) : agrees(claim.value, other.value, claimDecimals),
  );
}

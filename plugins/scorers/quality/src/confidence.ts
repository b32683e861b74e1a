/** The paper's term C: 0 when any thinking hedges. */
import type { AssistantMessage, Span, Trajectory } from "@autotraj/core/plugin";

/** The hedging words of the authors' code (method §1.3). */
export const HEDGE_WORDS: readonly string[] = ["maybe", "unsure", "guess", "seems", "perhaps", "probably", "might", "likely", "recheck"];

/** Places named at most; the verdict needs only one. */
const MOST_SPANS = 10;

export interface Hedging {
  /** The hedging words found, each once, in order of appearance. */
  readonly words: readonly string[];
  readonly spans: readonly Span[];
}

/** Looks for whole words, case-insensitively, in the thinking only. */
export function hedgeFinder(words: readonly string[]): (trajectory: Pick<Trajectory, "messages" | "dialect">) => Hedging {
  const literals = words.map((word) => word.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"));
  // Only literals between two look-arounds of one character: no backtracking, whatever the text.
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_])(?:${literals.join("|")})(?![\\p{L}\\p{N}_])`, "giu");
  return ({ messages, dialect }) => {
    const found = new Set<string>();
    const spans: Span[] = [];
    if (words.length === 0) return { words: [], spans };
    for (const [index, message] of messages.entries()) {
      if (message.role !== "assistant") continue;
      for (const { text, start } of thinkingOf(message, dialect)) {
        for (const match of text.matchAll(pattern)) {
          found.add(match[0].toLowerCase());
          if (start === undefined || spans.length >= MOST_SPANS) continue;
          const from = start + match.index;
          spans.push({ message: index, start: from, end: from + match[0].length, note: "hedging" });
        }
      }
    }
    return { words: [...found], spans };
  };
}

interface Thinking {
  readonly text: string;
  /** Where it stands in what spans count by; absent for thinking kept apart from the text. */
  readonly start?: number;
}

const OPEN = "<think>";
const CLOSE = "</think>";

/** `tags`: what stands in `<think>`, an unclosed one to the turn's end. `native`: the reasoning, or else what a calling turn says. */
function thinkingOf(message: AssistantMessage, dialect: Trajectory["dialect"]): readonly Thinking[] {
  if (dialect === "tags" && message.text !== undefined) return thinkBlocks(message.text);
  if (message.reasoning !== undefined && message.reasoning !== "") return [{ text: message.reasoning }];
  const calls = (message.toolCalls ?? []).length > 0;
  return dialect === "native" && calls ? [{ text: message.content, start: 0 }] : [];
}

function thinkBlocks(text: string): readonly Thinking[] {
  const blocks: Thinking[] = [];
  for (let open = text.indexOf(OPEN); open >= 0; ) {
    const start = open + OPEN.length;
    const close = text.indexOf(CLOSE, start);
    blocks.push({ text: text.slice(start, close < 0 ? undefined : close), start });
    open = close < 0 ? -1 : text.indexOf(OPEN, close);
  }
  return blocks;
}

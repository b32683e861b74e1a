import type { Llama } from "./llama.ts";

/** Watches sampled tokens for the end of the turn. */
export interface StopWatch {
  /** @returns the text up to and including the stop string that the last token completed. */
  endedBy(tokens: readonly number[]): string | undefined;
}

export function watchStops(stops: readonly string[], llama: Pick<Llama, "detokenize">): StopWatch {
  const wanted = stops.filter((stop) => stop !== "");
  // A token writes at least one byte, so no stop string spans more tokens than it has bytes; a few more for control tokens, which write none.
  const tailTokens = Math.max(0, ...wanted.map((stop) => Buffer.byteLength(stop))) + 8;
  return {
    endedBy(tokens) {
      const tail = llama.detokenize(tokens.slice(-tailTokens));
      return wanted.some((stop) => tail.includes(stop)) ? cutAtStop(llama.detokenize(tokens), wanted) : undefined;
    },
  };
}

/** The text up to the end of the stop string that ends first. */
function cutAtStop(text: string, stops: readonly string[]): string | undefined {
  const ends = stops.flatMap((stop) => {
    const at = text.indexOf(stop);
    return at < 0 ? [] : [at + stop.length];
  });
  return ends.length === 0 ? undefined : text.slice(0, Math.min(...ends));
}

/** Held-out questions that were trained on, as a check after the fact; `@autotraj/preparer-decontaminate` looks closer, before anything is trained. */
import type { Query } from "@autotraj/core/plugin";
import type { LeakageReport } from "@autotraj/core/reports";

/** Words per n-gram, of questions with at least as many; 8 is the shortest of GPT-3's filter (Brown et al. 2020, appendix C: 8 to 13). */
const NGRAM = 8;
const LEAST_NGRAM = 3;
const OVERLAP = 0.5;
/** An n-gram of more held-out questions than this is a template's wording and tells nothing. It also bounds the work for each trained question. */
const COMMON = 10;

interface HeldOut {
  readonly id: string;
  readonly text: string;
  readonly numbers: string;
  grams: number;
  same: boolean;
  best: { readonly with: string; readonly overlap: number } | undefined;
}

/**
 * Two tests of each held-out question. Same text: all words equal ({@link wordsOf}). Overlap: |G(h) ∩ G(t)| / |G(h)| ≥ 0.5 for one trained question t,
 * where G are the distinct word n-grams that at most ten held-out questions have, n = 8, or for a shorter h one less than its words but at least 3; and
 * both have the same numbers and signs in the same order: a question with other numbers is another question. Reported with the trained question of the
 * largest overlap, of equals the first; what has the same text is not listed again. In the held-out questions' order.
 *
 * Memory grows with the held-out questions only; `trained` is read once.
 */
export async function findLeakage(evaluated: AsyncIterable<Query>, trained: AsyncIterable<Query>): Promise<LeakageReport> {
  const heldOut: HeldOut[] = [];
  const byText = new Map<string, HeldOut[]>();
  const byGram = new Map<number, Map<string, HeldOut[]>>();
  for await (const { id, question } of evaluated) {
    const { words, numbers } = wordsOf(question);
    const one: HeldOut = { id, text: words.join(" "), numbers, grams: 0, same: false, best: undefined };
    heldOut.push(one);
    byText.set(one.text, [...(byText.get(one.text) ?? []), one]);
    const n = words.length >= NGRAM ? NGRAM : Math.max(LEAST_NGRAM, words.length - 1);
    const owners = byGram.get(n) ?? new Map<string, HeldOut[]>();
    byGram.set(n, owners);
    for (const gram of gramsOf(words, n)) {
      const known = owners.get(gram);
      if (known === undefined) owners.set(gram, [one]);
      else if (known.length <= COMMON) known.push(one);
    }
  }
  for (const owners of byGram.values()) {
    for (const [gram, known] of owners) {
      if (known.length > COMMON) owners.delete(gram);
      else for (const one of known) one.grams++;
    }
  }
  for await (const { id, question } of trained) {
    const { words, numbers } = wordsOf(question);
    for (const one of words.length === 0 ? [] : (byText.get(words.join(" ")) ?? [])) one.same = true;
    const shared = new Map<HeldOut, number>();
    for (const [n, owners] of byGram) {
      for (const gram of gramsOf(words, n)) for (const one of owners.get(gram) ?? []) shared.set(one, (shared.get(one) ?? 0) + 1);
    }
    for (const [one, count] of shared) {
      const overlap = count / one.grams;
      if (overlap < OVERLAP || overlap <= (one.best?.overlap ?? 0) || one.numbers !== numbers) continue;
      one.best = { with: id, overlap };
    }
  }
  return {
    evaluated: heldOut.length,
    sameText: heldOut.filter(({ same }) => same).map(({ id }) => id),
    overlapping: heldOut.flatMap(({ id, same, best }) => (same || best === undefined ? [] : [{ id, ...best }])),
  };
}

/** Numbers, single letters of scripts written without blanks, words, and what is a sign of calculation where it stands. */
const WORD =
  /\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d*\.?\d+|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|\p{L}[\p{L}\p{M}]*|\p{Sm}|[*/^\p{Pd}](?=\s*[\d.(])|(?<=\d)%/gu;
const LETTER = /^\p{L}/u;

/** NFKC, lower case, no punctuation, no apostrophes within words, no thousands commas; every dash before a number is one minus. */
function wordsOf(question: string): { readonly words: readonly string[]; readonly numbers: string } {
  const text = question.normalize("NFKC").toLowerCase();
  const words = (text.replace(/(?<=\p{L})['’](?=\p{L})/gu, "").match(WORD) ?? []).map((word) =>
    word.replaceAll(",", "").replace(/^[\p{Pd}−]$/u, "-"),
  );
  return { words, numbers: words.filter((word) => !LETTER.test(word)).join(" ") };
}

function gramsOf(words: readonly string[], n: number): ReadonlySet<string> {
  return new Set(Array.from({ length: Math.max(0, words.length - n + 1) }, (_, start) => words.slice(start, start + n).join(" ")));
}

/** Decides about every question before the first is asked, in the file's order, so that no timing can change which of two is dropped. */
import { PluginError, type Queries } from "@autotraj/core/plugin";
import { heldOutQuestions } from "./held-out.ts";
import { KnownQuestions, type Match } from "./known-questions.ts";
import type { DecontaminateOptions } from "./options.ts";
import { wordsOf } from "./words.ts";

export interface Decision {
  /** Query id → why it is dropped. */
  readonly drops: ReadonlyMap<string, string>;
  /** One line for the log. */
  readonly report: string;
}

export async function decide(queries: Queries, files: readonly string[], options: DecontaminateOptions): Promise<Decision> {
  const heldOut = await readHeldOut(queries, files, options);
  if (heldOut.size === 0 && !options.dropDuplicates) {
    throw new PluginError("NOTHING_TO_COMPARE", "there are no held-out questions, and duplicates are kept: nothing could ever be dropped.", {
      hint: "Name files in `against`, set queries.evaluate in the preset, or let dropDuplicates be true.",
    });
  }
  const earlier = new KnownQuestions(options.ignoreNumbers);
  if (heldOut.size > 0) for await (const { question } of queries.train()) heldOut.observe(wordsOf(question));
  const drops = new Map<string, string>();
  const counts = { same: 0, overlapping: 0, repeated: 0 };
  let total = 0;
  for await (const { id, question } of queries.train()) {
    total++;
    const words = wordsOf(question);
    const leaked = heldOut.match(words);
    const repeated = leaked === undefined && options.dropDuplicates ? earlier.match(words) : undefined;
    if (leaked !== undefined) {
      counts[leaked.share === undefined ? "same" : "overlapping"]++;
      drops.set(id, reason(leaked, "held-out question", options));
    } else if (repeated !== undefined) {
      counts.repeated++;
      drops.set(id, reason(repeated, "the earlier question", options));
    } else if (options.dropDuplicates) earlier.add(words, `"${id}"`);
  }
  const report =
    `${total} questions against ${heldOut.size} held out: ${drops.size} dropped ` +
    `(${counts.same} the same, ${counts.overlapping} overlapping, ${counts.repeated} repeating an earlier one)`;
  return { drops, report };
}

async function readHeldOut(queries: Queries, files: readonly string[], options: DecontaminateOptions): Promise<KnownQuestions> {
  const known = new KnownQuestions(options.ignoreNumbers, options);
  const evaluate = options.evaluate ? queries.evaluate() : undefined;
  if (evaluate !== undefined) for await (const { id, question } of evaluate) known.add(wordsOf(question), `"${id}" (queries.evaluate)`);
  for (const file of files) for (const { question, name } of heldOutQuestions(file, options.field)) known.add(wordsOf(question), name);
  return known;
}

function reason({ name, share }: Match, what: string, { ngram, ignoreNumbers }: DecontaminateOptions): string {
  const but = ignoreNumbers ? ", but for numbers" : "";
  if (share === undefined) return `the same words as ${what} ${name}${but}`;
  // Cut, not rounded: 1 is for all of them.
  return `overlap ${Math.floor(share * 100) / 100} of ${ngram}-grams with ${what} ${name}${ignoreNumbers ? but : ", the same numbers"}`;
}

/** Puts one question to the judging model as often as there are votes. */
import { createHash } from "node:crypto";
import { allFinished, type DialectName, type Message, type Rollout } from "@autotraj/core/plugin";
import { type Part, quote } from "@autotraj/trajectory-text/quoting";
import type { JudgeOptions } from "./options.ts";
import { opening, SYSTEM, task } from "./prompts.ts";
import { type Reading, readVerdict } from "./verdict.ts";

/** What is asked about some material. */
export interface Inquiry {
  /** Names the inquiry in the calls' keys. */
  readonly name: string;
  readonly question: string;
  /** What each choice means; may be empty. */
  readonly meanings: readonly string[];
  readonly choices: readonly string[];
}

/** One vote; undefined where the reply had no clear verdict. */
export type Vote = Reading | undefined;

export class Jury {
  readonly #rollout: Rollout;
  readonly #id: string;
  readonly #dialect: DialectName;
  readonly #options: JudgeOptions;

  /** @param id the plugin's id: two judges in one preset judge independently. */
  constructor(rollout: Rollout, id: string, dialect: DialectName, options: JudgeOptions) {
    this.#rollout = rollout;
    this.#id = id;
    this.#dialect = dialect;
    this.#options = options;
  }

  /** All votes, in order. @throws what the first failed call threw, once none is left running. */
  async ask(inquiry: Inquiry, parts: readonly Part[]): Promise<readonly Vote[]> {
    const { policy, votes, temperature, maxTokens } = this.#options;
    const { mark, text } = quote(parts);
    const messages: readonly Message[] = [
      { role: "system", content: SYSTEM },
      { role: "user", content: `${opening(mark)}\n\n${text}\n\n${task(mark, inquiry.question, inquiry.meanings, inquiry.choices)}` },
    ];
    // By content, not by trajectory: two candidates that read the same are judged the same, for the price of one.
    const content = createHash("sha256").update(JSON.stringify(messages)).digest("hex").slice(0, 16);
    return allFinished(
      Array.from({ length: votes }, async (_, vote) => {
        const turn = await this.#rollout.complete(policy, {
          key: `judge ${this.#id} ${inquiry.name} ${content} vote ${vote}`,
          messages,
          continuation: [],
          dialect: this.#dialect,
          tools: [],
          stop: [],
          sampling: { temperature, topP: 1, topK: 0, maxTokens },
        });
        return readVerdict(turn, inquiry.choices);
      }),
    );
  }
}

/** Characters of an explanation that a score's reason quotes. */
export const LONGEST_REASON = 240;

/** What policies are asked: turns in each of their dialects. */
import { dialects } from "@autotraj/core";
import { type DialectName, POLICY, type Policy, type Turn, type TurnRequest } from "@autotraj/core/plugin";
import { Complaint } from "../complaint.ts";
import { brief } from "../differences.ts";
import type { Question } from "../samples.ts";
import type { Subject } from "../subject.ts";
import type { Asked, Inquiry } from "./inquiry.ts";
import { aboutQuestion, requestFor } from "./taps.ts";

export function inquiriesOfPolicies(subject: Subject, plain: readonly Question[], hostile: readonly Question[]): readonly Inquiry[] {
  return [...subject.offered(POLICY)].flatMap(([id, policy]) =>
    policy.dialects.map((dialect) => {
      const asked = (question: Question) => asking(subject, { id, policy, dialect }, question);
      return { who: `the policy in the dialect ${dialect}`, plain: plain.map(asked), hostile: hostile.map(asked) };
    }),
  );
}

let sessions = 0;

function asking(
  subject: Subject,
  { id, policy, dialect }: { readonly id: string; readonly policy: Policy; readonly dialect: DialectName },
  { query }: Question,
): Asked {
  const request = { ...requestFor(subject, query), tools: [], dialect };
  const turn: Omit<TurnRequest, "session"> = {
    messages: [
      { role: "system", content: request.system },
      { role: "user", content: query.question },
    ],
    ...{ continuation: [], dialect, tools: [], stop: dialect === "tags" ? dialects.get(dialect).stops([]) : [] },
    ...{ sampling: request.sampling, seed: 7 },
  };
  return {
    about: aboutQuestion(query),
    given: () => structuredClone(turn),
    bare: async (given, { signal }) => {
      const session = `bare ${sessions++}`;
      try {
        return await policy.generate({ ...(given as typeof turn), session }, { signal });
      } finally {
        policy.endSession?.(session);
      }
    },
    wrong: (answer) => wrongTurn(answer, turn),
    async ask() {
      const before = subject.incidents.length;
      const written = await subject.rollout.write(request, { policy: id, key: "conformance", provenance: { origin: "rollout" } });
      const [news] = subject.incidents.slice(before);
      if (written.finish === "failed") throw new Complaint(news ?? written.faults.join("; "));
      return written.messages;
    },
  };
}

function wrongTurn(answer: unknown, { stop, sampling }: Pick<TurnRequest, "stop" | "sampling">): string | undefined {
  const { text, finish, usage, tokens } = (answer ?? {}) as Partial<Turn>;
  if (typeof text !== "string") return `it gives ${brief(answer)}: a turn has a \`text\``;
  if (!["stop", "length", "tool-calls"].includes(String(finish)))
    return `its turn has the finish ${brief(finish)}, which is none of stop, length, tool-calls`;
  const counts = [usage?.promptTokens, usage?.cachedTokens, usage?.completionTokens];
  if (!counts.every((count) => Number.isSafeInteger(count) && Number(count) >= 0))
    return `its usage is ${brief(usage)}: three whole numbers of tokens`;
  if (Number(usage?.completionTokens) > sampling.maxTokens)
    return `it wrote ${usage?.completionTokens} tokens where at most ${sampling.maxTokens} were asked for`;
  if (tokens !== undefined && !tokens.every((token) => Number.isSafeInteger(token) && token >= 0)) return "its tokens are no whole numbers";
  const early = stop.find((word) => text.includes(word) && !text.trimEnd().endsWith(word));
  return early === undefined ? undefined : `it writes on after ${brief(early)}, where its turn should have ended`;
}

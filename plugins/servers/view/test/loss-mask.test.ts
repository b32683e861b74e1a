import { dialects } from "@autotraj/core";
import type { JsonObject, Message, Trajectory } from "@autotraj/core/plugin";
import { endingWithTheModel } from "@autotraj/core/rows";
import { expect } from "chai";
import { queryAt, written } from "../../../../test/generated-run.ts";
import { sftRow } from "../../../trainers/trl/src/datasets.ts";
import { lossMask, type SeenText } from "../src/loss-mask.ts";

const tags = written(queryAt(1, ""), { right: true, broken: true, provenance: { origin: "rollout", policy: "student", candidate: 0 } });

const call = (id: string, more: object = {}) => ({ id, name: "python", arguments: { code: "1" }, ...more });
const NATIVE: readonly Message[] = [
  { role: "system", content: "" },
  { role: "user", content: "What is 1?" },
  { role: "assistant", content: "", reasoning: "I ask.", toolCalls: [call("a")] },
  { role: "tool", toolCallId: "a", name: "python", content: "1", ok: true },
  { role: "assistant", content: "", toolCalls: [call("b", { malformed: { raw: "{", reason: "no JSON" } })] },
  { role: "tool", toolCallId: "b", name: "python", content: "no", ok: false },
  { role: "assistant", content: "not to be learnt", train: false },
  { role: "user", content: "Go on." },
  { role: "assistant", content: "1" },
  { role: "tool", toolCallId: "c", name: "python", content: "said by nobody's call", ok: true },
];

const of = (messages: readonly Message[], more: Partial<Trajectory> = {}): Trajectory => ({ ...tags, messages, ...more });

/** What the trainer's own row holds, turn by turn, segments apart: without the texts that its chat template makes. */
function trained(trajectory: Trajectory): readonly { readonly text: string | undefined; readonly train: boolean }[] {
  const row = sftRow(endingWithTheModel(trajectory), dialects);
  return ((row?.["turns"] ?? []) as JsonObject[]).flatMap((turn) =>
    Array.isArray(turn["segments"])
      ? (turn["segments"] as unknown as SeenText[]).map(({ text, train }) => ({ text, train }))
      : [{ text: turn["role"] === "assistant" ? undefined : String(turn["content"]), train: turn["train"] === true }],
  );
}

describe("the loss mask", () => {
  it("is that of the rows that a trainer is given, segment by segment: its text to the letter, and nothing of a tool's", () => {
    const { seen, ended } = lossMask(tags, dialects);
    expect(seen.filter((text) => text !== null)).to.deep.equal(trained(tags));
    expect(seen.map((text) => text?.train)).to.deep.equal(tags.messages.map(({ role }) => role === "assistant"));
    expect(seen[3]?.text).to.equal("\n<result>\nNameError: name 'depot' is not defined\n</result>\n");
    expect(ended).to.equal(true);
  });

  it("is that of native turns: a malformed call is shown and not learnt, nor is what says so itself; what comes behind the model's end is not shown", () => {
    const native = of(NATIVE, { dialect: "native", finish: "token-limit" });
    const { seen, ended } = lossMask(native, dialects);
    expect(seen.map((text) => text?.train ?? null)).to.deep.equal([null, false, true, false, false, false, false, false, true, null]);
    const known = seen.filter((text) => text !== null);
    expect(known.map(({ train }) => train)).to.deep.equal(trained(native).map(({ train }) => train));
    for (const [at, { text }] of trained(native).entries()) if (text !== undefined) expect(known[at]?.text).to.equal(text);
    expect(seen[2]?.text).to.include("I ask.").and.to.include('"code":"1"');
    expect(ended, "cut off: the mark of its end was not the model's").to.equal(false);
  });

  it("is none of an empty turn, which in tags is no text: the turns behind it keep theirs", () => {
    const messages: readonly Message[] = [
      { role: "user", content: "Say one." },
      { role: "assistant", content: "", text: "" },
      { role: "assistant", content: "1", text: "<answer>1</answer>" },
    ];
    const trajectory = of(messages);
    expect(lossMask(trajectory, dialects).seen).to.deep.equal([
      { text: "Say one.", train: false },
      null,
      { text: "<answer>1</answer>", train: true },
    ]);
    expect(trained(trajectory)).to.have.length(2);
  });
});

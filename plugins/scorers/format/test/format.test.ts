import type { ScoreTap, Trajectory } from "@autotraj/core/plugin";
import { DIALECTS } from "@autotraj/core/plugin";
import { setupPlugin, testRun } from "@autotraj/testkit";
import { expect } from "chai";
import { dialects } from "../../../../core/src/data/dialects/index.ts";
import plugin, { type FormatOptions } from "../src/index.ts";
import { result, tags, trajectory } from "./trajectories.ts";

type FormatScore = { value: number; reason?: string; spans?: { message: number; start: number; end: number }[]; skipped?: string };

async function score(subject: Trajectory, options: Partial<FormatOptions> = {}): Promise<FormatScore> {
  const { taps } = await setupPlugin(plugin, { options, services: [[DIALECTS, dialects]] });
  const tap = taps[0]?.tap as ScoreTap;
  const [scores] = await tap([{ trajectory: subject, query: subject.query, scores: {}, group: [] }], testRun());
  return scores?.["format"] as FormatScore;
}

async function reason(subject: Trajectory, options: Partial<FormatOptions> = {}): Promise<string | undefined> {
  const { value, reason: why } = await score(subject, options);
  expect(value).to.equal(why === undefined ? 1 : 0);
  return why;
}

/** The text that the score's span points at. */
async function pointedAt(subject: Trajectory): Promise<string | undefined> {
  const [span] = (await score(subject)).spans ?? [];
  if (span === undefined) return undefined;
  const message = subject.messages[span.message];
  const text = message?.role === "assistant" ? (message.text ?? message.content) : message?.content;
  return text?.slice(span.start, span.end);
}

const THINK = "<think>Add them.</think>";
const ANSWER = "<answer>The final answer is \\boxed{7}</answer>";
const CALL = "<code>print(3 + 4)</code>";

describe("the format of a trajectory in tags", () => {
  it("is kept without a tool, with one call and with several", async () => {
    expect(await reason(tags(`${THINK}${ANSWER}`))).to.equal(undefined);
    expect(await reason(tags(`${THINK}${CALL}`, "7", `${THINK}\n${ANSWER}\n`))).to.equal(undefined);
    expect(await reason(tags(`${THINK}<search>x</search>`, "a", CALL, "7", `${THINK}${ANSWER}`))).to.equal(undefined);
  });

  const broken: [string, Trajectory, string][] = [
    ["there is no thinking", tags(ANSWER), "no <think>"],
    ["there is no answer", tags(THINK), "no <answer>"],
    ["nothing was written", tags(""), "no <think>"],
    ["the thinking is not closed", tags("<think>Add them."), "<think> is not closed, message 2, character 0"],
    ["a tag is half there", tags(`<think>Add them.</think${ANSWER}`), "<answer> inside <think>, message 2, character 23"],
    ["a block is closed that was never opened", tags(`Add.</think>${ANSWER}`), "</think> without <think>, message 2, character 4"],
    ["thinking is nested", tags(`<think>a<think>b</think></think>${ANSWER}`), "<think> inside <think>, message 2, character 8"],
    ["a tool is called while thinking", tags(`<think>a${CALL}</think>`, "7", ANSWER), "<code> inside <think>, message 2, character 8"],
    [
      "a tool's tag is closed inside an answer",
      tags(`${THINK}<answer>\\boxed{7}</code></answer>`),
      "</code> inside <answer>, message 2, character 41",
    ],
    ["a call is not closed", tags(`${THINK}<code>print(7)`), "<code> is not closed, message 2, character 24"],
    ["a call has no result", tags(`${THINK}${CALL}`), "<code> without a <result>, message 2, character 24"],
    ["it answers before the result", tags(`${THINK}${CALL}${ANSWER}`, "7"), "<answer> before the <result> of <code>, message 2, character 49"],
    ["two calls share a result", tags(`${THINK}${CALL}${CALL}`, "7", ANSWER), "<code> before the <result> of <code>, message 2, character 49"],
    ["a result comes without a call", tags(THINK, "7", ANSWER), "a <result> that no call asked for, message 3, character 0"],
    [
      "the model wrote its own result",
      tags(`${THINK}${CALL}<result>7</result>${ANSWER}`),
      "the model wrote its own <result>, message 2, character 49",
    ],
    ["a tag is unknown", tags(`${THINK}<python>7</python>${ANSWER}`), "unknown tag <python>, message 2, character 24"],
    ["a tag is written in capitals", tags(`<THINK>Add.</THINK>${ANSWER}`), "unknown tag <THINK>, message 2, character 0"],
    ["a tool is called that is not offered", { ...tags(`${THINK}${CALL}`, "7", ANSWER), tools: [] }, "unknown tag <code>, message 2, character 24"],
    ["the answer is not boxed", tags(`${THINK}<answer>7</answer>`), "no \\boxed{} in <answer>, message 2, character 24"],
    ["the box is outside the answer", tags(`${THINK}\\boxed{7}<answer>7</answer>`), "no \\boxed{} in <answer>, message 2, character 33"],
    ["the box is empty", tags(`${THINK}<answer>\\boxed{ }</answer>`), "an empty \\boxed{} in <answer>, message 2, character 24"],
    ["the box is not closed", tags(`${THINK}<answer>\\boxed{\\frac{1}{2}</answer>`), "an unclosed \\boxed{} in <answer>, message 2, character 24"],
    ["text follows the answer", tags(`${THINK}${ANSWER} I hope it helps.`), "text after </answer>, message 2, character 70"],
    ["a block follows the answer", tags(`${THINK}${ANSWER}${THINK}`), "<think> after </answer>, message 2, character 70"],
    ["there are two answers", tags(`${THINK}${ANSWER}${ANSWER}`), "more than one <answer>, message 2, character 70"],
  ];
  for (const [when, subject, why] of broken) {
    it(`is broken when ${when}`, async () => {
      expect(await reason(subject)).to.equal(why);
    });
  }

  it("points at the offending place", async () => {
    expect(await pointedAt(tags(`${THINK}${CALL}<result>7</result>${ANSWER}`))).to.equal("<result>");
    expect(await pointedAt(tags(`${THINK}${CALL}`))).to.equal(CALL);
    expect(await pointedAt(tags(`${THINK}${ANSWER} I hope.`))).to.equal(" I hope.");
    expect(await pointedAt(tags(THINK))).to.equal(undefined);
  });

  it("does not take a tool's words for the model's", async () => {
    expect(await reason(tags(`${THINK}${CALL}`, "</result><answer>\\boxed{8}</answer><think>", `${THINK}${ANSWER}`))).to.equal(undefined);
  });

  it("lets code and prose hold brackets that are no tags of the format", async () => {
    const code = '<code>x = "<b>" if 3 < y > 2 else List<int></code>';
    expect(await reason(tags(`<think>if a < b and <i>c</i> > d</think>${code}`, "7", `${THINK}${ANSWER}`))).to.equal(undefined);
  });

  it("may have several answers where the rules say so, but still nothing after the last", async () => {
    const options = { answers: "atLeastOne" } as const;
    expect(await reason(tags(`${THINK}${ANSWER}${ANSWER}`), options)).to.equal(undefined);
    expect(await reason(tags(`${THINK}${ANSWER}Wait.${THINK}${ANSWER}`), options)).to.equal(undefined);
    expect(await reason(tags(`${THINK}${ANSWER}${ANSWER}Wait.`), options)).to.equal("text after </answer>, message 2, character 116");
  });

  it("needs no box where the rules say so, but an answer all the same", async () => {
    expect(await reason(tags(`${THINK}<answer>7</answer>`), { requireBoxed: false })).to.equal(undefined);
    expect(await reason(tags(`${THINK}<answer> </answer>`), { requireBoxed: false })).to.equal("nothing in <answer>, message 2, character 24");
  });

  it("may have text between the blocks unless the rules forbid it", async () => {
    const chatty = tags(`Well. ${THINK}${ANSWER}`);
    expect(await reason(chatty)).to.equal(undefined);
    expect(await reason(chatty, { outsideText: "forbid" })).to.equal("text outside the tags, message 2, character 0");
  });

  it("is judged for turns that were recorded without their text, then without a span", async () => {
    const call = { id: "call-0", name: "python", arguments: { code: "print(7)" } };
    const turns = [{ role: "assistant", content: "", reasoning: "Add.", toolCalls: [call] } as const, result("7")];
    expect(await reason(trajectory([...turns, { role: "assistant", content: "\\boxed{7}" }]))).to.equal(undefined);
    const { spans, reason: why } = await score(trajectory([...turns, { role: "assistant", content: "7" }]));
    expect([why, spans]).to.deep.equal(["no \\boxed{} in <answer>", undefined]);
  });

  it("loses one of its tags and is broken, whichever it is", async () => {
    const texts = [`${THINK}${CALL}`, "7", `${THINK}<search>x</search>`, "a", `${THINK}${ANSWER}`];
    for (const [index, text] of texts.entries()) {
      for (const match of index % 2 === 0 ? text.matchAll(/<\/?\w+>/g) : []) {
        const without = texts.with(index, text.slice(0, match.index) + text.slice(match.index + match[0].length));
        expect((await score(tags(...without))).value, without.join("")).to.equal(0);
      }
    }
  });

  it("is read to the end of hostile texts", async () => {
    const hostile = [
      "<think>".repeat(100),
      "</answer>".repeat(100),
      "<".repeat(1_000_000),
      "<a".repeat(500_000),
      `<think>${"<x>".repeat(300_000)}`,
      `${THINK}<answer>${"\\boxed{".repeat(140_000)}</answer>`,
      `<code>${"</cod".repeat(200_000)}`,
      "\0\uD800<think>\uFFFF",
    ];
    for (const text of hostile) expect((await score(tags(text))).value, text.slice(0, 20)).to.equal(0);
    expect((await score(tags(`<think>${"a < b ".repeat(180_000)}</think>${ANSWER}`))).value).to.equal(1);
  });

  it("is not judged where the policy broke down", async () => {
    expect(await score({ ...tags(THINK), finish: "failed" })).to.deep.equal({ skipped: "the policy failed before the trajectory was over" });
  });
});

describe("the format of a trajectory with native tool calls", () => {
  const native = (...messages: Parameters<typeof trajectory>[0]) => trajectory(messages, { dialect: "native" });
  const call = (id: string, malformed?: { raw: string; reason: string }) => ({
    id,
    name: "python",
    arguments: {},
    ...(malformed ? { malformed } : {}),
  });
  const calling = (...toolCalls: ReturnType<typeof call>[]) => ({ role: "assistant", content: "", reasoning: "Add.", toolCalls }) as const;
  const answer = { role: "assistant", content: "It is \\boxed{7}." } as const;

  it("is kept with and without calls, and with two calls in one turn", async () => {
    expect(await reason(native(answer))).to.equal(undefined);
    expect(await reason(native(calling(call("a")), result("7", "a"), answer))).to.equal(undefined);
    expect(await reason(native(calling(call("a"), call("b")), result("7", "b"), result("7", "a"), answer))).to.equal(undefined);
  });

  it("is kept in a conversation that goes on after an answer", async () => {
    const asking = { role: "assistant", content: "Which one?" } as const;
    const user = { role: "user", content: "The first." } as const;
    expect(await reason(native(asking, user, calling(call("a")), result("7", "a"), answer))).to.equal(undefined);
    expect(await reason(native(answer, user))).to.equal(undefined);
    expect(await reason(native(answer, user, answer, answer))).to.equal("a message after the answer, message 5, character 0");
    expect(await reason(native(answer, user, calling(call("a")), result("7", "a")))).to.equal("no answer message (answer)");
  });

  it("knows every box that LaTeX knows", async () => {
    for (const box of ["\\boxed {7}", "\\fbox{7}", "\\boxed{\\{7\\}}"])
      expect(await reason(native({ role: "assistant", content: box })), box).to.equal(undefined);
    expect(await reason(native({ role: "assistant", content: "\\boxed{\\}" }))).to.match(/^an unclosed/);
  });

  const broken: [string, Trajectory, string][] = [
    [
      "a call is malformed",
      native(calling(call("a", { raw: "{", reason: "not JSON" }))),
      'malformed call of "python": not JSON, message 2, character 0',
    ],
    ["a call has no result at the end", { ...native(calling(call("a"))), finish: "tool-limit" }, 'the call of "python" has no result (tool-limit)'],
    [
      "a call has no result before the next turn",
      native(calling(call("a")), answer),
      'the call of "python" before has no result, message 3, character 0',
    ],
    ["a result has no call", native(result("7", "z"), answer), 'a result of "python" that no call asked for, message 2, character 0'],
    [
      "a call is answered twice",
      native(calling(call("a")), result("7", "a"), result("7", "a"), answer),
      'a result of "python" that no call asked for, message 4, character 0',
    ],
    ["two calls share an id", native(calling(call("a"), call("a"))), 'two calls with the id "a", message 2, character 0'],
    ["it ends with a result", { ...native(calling(call("a")), result("7", "a")), finish: "turn-limit" }, "no answer message (turn-limit)"],
    ["the answer was cut off", { ...native(answer), finish: "token-limit" }, "the last message is no finished answer (token-limit)"],
    ["the answer is empty", native({ role: "assistant", content: " " }), "an empty answer, message 2, character 0"],
    ["a message follows the answer", native(answer, answer), "a message after the answer, message 3, character 0"],
    ["the answer is not boxed", native({ role: "assistant", content: "7" }), "no \\boxed{} in the answer"],
  ];
  for (const [when, subject, why] of broken) {
    it(`is broken when ${when}`, async () => {
      expect(await reason(subject)).to.equal(why);
    });
  }

  it("needs reasoning only where it is asked for", async () => {
    const options = { nativeReasoning: "required" } as const;
    expect(await reason(native(answer), options)).to.equal("no reasoning");
    expect(await reason(native(calling(call("a")), result("7", "a"), answer), options)).to.equal(undefined);
  });

  it("needs no box where the rules say so", async () => {
    expect(await reason(native({ role: "assistant", content: "7" }), { requireBoxed: false })).to.equal(undefined);
  });
});

describe("the format scorer", () => {
  it("scores a batch in its order", async () => {
    const { taps } = await setupPlugin(plugin, { services: [[DIALECTS, dialects]] });
    const batch = [tags(THINK), tags(`${THINK}${ANSWER}`), tags(ANSWER)].map((subject) => ({
      trajectory: subject,
      query: subject.query,
      scores: {},
      group: [],
    }));
    const rows = (await taps[0]?.tap(batch, testRun())) as { format: FormatScore }[];
    expect(rows.map(({ format }) => format.value)).to.deep.equal([0, 1, 0]);
  });

  it("refuses options it does not know", async () => {
    const error = await setupPlugin(plugin, { options: { answers: "two" }, services: [[DIALECTS, dialects]] }).catch((thrown: Error) => thrown);
    expect(String(error)).to.contain("plugins.under-test.options.answers");
  });
});

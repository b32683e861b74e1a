/** The published logs, written as ShareGPT and read again: what is kept, and exactly what is not. */
import type { AssistantMessage, JsonObject, JsonValue, Message, ToolMessage, Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import { readRow } from "../../../../test/formats/reading.ts";
import { PUBLISHED_RUNS, publishedRuns } from "../../steps/test/recorded.ts";
import { type Row, refusal, sharegpt } from "./support.ts";

/** What the README says is lost: results at the end, why a call is malformed. */
function expected({ messages }: Trajectory): Message[] {
  const end = messages.at(-1)?.role === "tool" ? messages.slice(0, -1) : messages;
  return end.map((message) => {
    const [malformed] = message.role === "assistant" ? (message.toolCalls ?? []).filter((call) => call.malformed !== undefined) : [];
    if (malformed === undefined) return message;
    const { id, name, malformed: wrong } = malformed;
    const again = { id, name, arguments: {}, malformed: { raw: wrong!.raw, reason: "the call names no tool" } };
    return { ...(message as AssistantMessage), toolCalls: [again] };
  });
}

describe("the published logs in ShareGPT form", () => {
  let runs: Trajectory[];
  before(async () => {
    runs = await publishedRuns();
  });

  it("are rows of which LLaMA-Factory would skip none", async () => {
    const { sft } = await sharegpt();
    const refused = runs.map((run) => refusal(sft!(run) as unknown as Row)).filter((reason) => reason !== undefined);
    expect([runs.length, refused]).to.deep.equal([PUBLISHED_RUNS, []]);
  });

  it("come back with the same question, tools, thoughts, calls, results and last words", async () => {
    const format = await sharegpt();
    for (const run of runs) {
      const again = readRow(format, JSON.parse(JSON.stringify(format.sft!(run))) as JsonObject)[0]!;
      expect(again.messages).to.deep.equal(expected(run));
      expect(again.query.question).to.equal(run.query.question);
      expect(again.tools).to.deep.equal(run.tools.map(({ name, description, parameters }) => ({ name, description, parameters })));
    }
  });

  it("come back the same a second time: what is lost is lost once", async () => {
    const format = await sharegpt();
    const again = (run: Trajectory) => readRow(format, format.sft!(run) as JsonValue)[0]!;
    for (const run of runs.filter((_, index) => index % 20 === 0)) expect(again(again(run)).messages).to.deep.equal(again(run).messages);
  });

  it("train on no word of a tool", async () => {
    const { sft } = await sharegpt();
    for (const run of runs.filter((_, index) => index % 20 === 0)) {
      const { conversations } = sft!(run) as unknown as Row;
      const masked = conversations.filter(({ loss }) => loss === undefined).map(({ value }) => value);
      const results = run.messages.filter((message): message is ToolMessage => message.role === "tool").map(({ content }) => content);
      const trailing = run.messages.at(-1)?.role === "tool" ? 1 : 0;
      expect(masked).to.deep.equal([run.query.question, ...results.slice(0, results.length - trailing)]);
    }
  });
});

/** The published logs, written as ReAct text and read again: what is kept, and exactly what is not. */
import type { AssistantMessage, JsonObject, Message, ToolMessage, Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import { readRow } from "../../../../test/formats/reading.ts";
import { PUBLISHED_RUNS, publishedRuns } from "../../steps/test/recorded.ts";
import { react, type SftRow } from "./support.ts";

const withoutLastNewlines = (text: string) => text.replace(/\n+$/, "");

/** What the README says is lost: newlines at a text's end, and why a call is malformed. */
function expected({ messages }: Trajectory): Message[] {
  return messages.map((message) => {
    if (message.role !== "assistant") return { ...message, content: withoutLastNewlines(message.content) };
    const { reasoning, toolCalls } = message;
    const calls = toolCalls?.map((call) =>
      call.malformed === undefined ? call : { ...call, malformed: { raw: "", reason: "the action is not of the form Name[input]" } },
    );
    const thought = withoutLastNewlines(reasoning ?? "");
    const { reasoning: _, ...rest } = message;
    return { ...rest, ...(thought === "" ? {} : { reasoning: thought }), ...(calls === undefined ? {} : { toolCalls: calls }) } as AssistantMessage;
  });
}

describe("the published logs as ReAct text", () => {
  let runs: Trajectory[];
  before(async () => {
    runs = await publishedRuns();
  });

  for (const style of ["bracket", "input"]) {
    it(`come back with the same question, thoughts, calls, results and last words (${style})`, async () => {
      const format = await react({ style });
      for (const run of runs) {
        const row = JSON.parse(JSON.stringify(format.sft!(run))) as JsonObject;
        const [again, ...others] = readRow(format, row);
        expect(others).to.deep.equal([]);
        const trimmed = style === "input" ? expected(run).map(trimmedAnswer) : expected(run);
        expect(again!.messages).to.deep.equal(trimmed);
      }
      expect(runs).to.have.length(PUBLISHED_RUNS);
    });
  }

  it("have segments that are the completion exactly, and train on no observation", async () => {
    const { sft } = await react();
    for (const run of runs) {
      const { completion, segments } = sft!(run) as unknown as SftRow;
      expect(segments.map(({ text }) => text).join("")).to.equal(completion);
      const results = run.messages.filter((message): message is ToolMessage => message.role === "tool");
      expect(segments.filter(({ train }) => !train)).to.have.length(results.length);
    }
  });
});

/** Without brackets around it an answer's last newlines are lost as well. */
function trimmedAnswer(message: Message): Message {
  return message.role === "assistant" ? { ...message, content: withoutLastNewlines(message.content) } : message;
}

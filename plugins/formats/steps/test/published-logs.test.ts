/** Every row of the published logs is read, and nothing that was said in it is lost. */
import type { JsonObject, ToolMessage, Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import { dataSets } from "../../../../test/data/sets.ts";
import { type LogRow, reader, type Step } from "./recorded.ts";

const UNNAMED_TOOL = "unnamed";

/** The row's steps and last words, told again from the trajectory alone. */
function retold({ messages }: Trajectory): { steps: Step[]; finishThought: string; final: string } {
  const steps: Step[] = [];
  let last = { reasoning: "", content: "" };
  for (const [index, message] of messages.entries()) {
    if (message.role !== "assistant") continue;
    const { reasoning = "", content, toolCalls = [] } = message;
    const [call] = toolCalls;
    if (call === undefined) {
      last = { reasoning, content };
      continue;
    }
    const result = messages[index + 1] as ToolMessage | undefined;
    const unnamed = call.name === UNNAMED_TOOL;
    const input = unnamed ? null : (Object.values(call.arguments)[0] as string);
    steps.push({ thought: reasoning, tool: unnamed ? null : call.name, input, observation: result?.content ?? null });
  }
  return { steps, finishThought: last.reasoning, final: last.content };
}

const told = (row: LogRow) => ({
  steps: (row["steps"] as unknown as Step[]).map(({ thought, tool, input, observation }) => ({ thought, tool, input, observation })),
  finishThought: row["finish_thought"] ?? "",
  final: row.final ?? "",
});

interface Expected {
  readonly rows: number;
  readonly answers: number;
  readonly questions: number;
  readonly failures: number;
  readonly malformed: number;
}
const LOGS: Readonly<Record<string, { readonly sample: Expected; readonly whole: Expected; readonly options?: object }>> = {
  "gsm8k/gsm8k-calculator-models.jsonl": {
    sample: { rows: 200, answers: 198, questions: 50, failures: 0, malformed: 0 },
    whole: { rows: 5276, answers: 5265, questions: 1319, failures: 0, malformed: 0 },
  },
  "tora/tora-gsm8k.jsonl": {
    sample: { rows: 42, answers: 42, questions: 21, failures: 2, malformed: 0 },
    whole: { rows: 2638, answers: 2636, questions: 1319, failures: 4, malformed: 0 },
  },
  "reflexion/reflexion-hotpot-react.jsonl": {
    sample: { rows: 24, answers: 21, questions: 22, failures: 1, malformed: 0 },
    whole: { rows: 1010, answers: 896, questions: 100, failures: 1, malformed: 0 },
    options: { toolLimit: 6 },
  },
  "fireact/fireact-react.jsonl": {
    sample: { rows: 40, answers: 40, questions: 40, failures: 0, malformed: 2 },
    whole: { rows: 2063, answers: 2063, questions: 1771, failures: 0, malformed: 5 },
  },
};
const UNFINISHED = { sample: { limit: 2, none: 1 }, whole: { limit: 113, none: 1 } };

for (const { size, rows } of dataSets) {
  describe(`the published logs (${size})`, () => {
    for (const [file, { options, ...expected }] of Object.entries(LOGS)) {
      it(`${file} is read whole: every thought, call, result and last word in its place`, async () => {
        const read = await reader(options);
        const log = rows<LogRow>(file);
        const trajectories = log.map((row) => read(row as JsonObject));
        for (const [index, row] of log.entries()) expect(retold(trajectories[index]!), `row ${index}`).to.deep.equal(told(row));
        const results = trajectories.flatMap(({ messages }) => messages.filter((message): message is ToolMessage => message.role === "tool"));
        expect({
          rows: trajectories.length,
          answers: trajectories.filter(({ answer }) => answer !== undefined).length,
          questions: new Set(trajectories.map(({ query }) => query.id)).size,
          failures: results.filter(({ ok }) => !ok).length,
          malformed: trajectories.flatMap(({ faults }) => faults.filter((fault) => fault.startsWith("malformed"))).length,
        }).to.deep.equal(expected[size]);
      });
    }

    it("have the recording's answer as the answer wherever there is one", async () => {
      const read = await reader();
      for (const row of rows<LogRow>("gsm8k/gsm8k-calculator-models.jsonl")) expect(read(row as JsonObject).answer ?? null).to.equal(row["pred"]);
    });

    it("of Reflexion end with tool-limit where six calls led to nothing", async () => {
      const read = await reader({ toolLimit: 6 });
      const finishes = rows<LogRow>("reflexion/reflexion-hotpot-react.jsonl").map((row) => read(row as JsonObject).finish);
      const count = (finish: string) => finishes.filter((one) => one === finish).length;
      expect({ limit: count("tool-limit"), none: count("no-answer") }).to.deep.equal(UNFINISHED[size]);
    });
  });
}

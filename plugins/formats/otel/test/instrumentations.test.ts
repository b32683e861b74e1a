/** Traces that instrumentations of the OpenAI client wrote of one exchange with a stubbed server, its spans in the order of their starts reversed. */
import { join } from "node:path";
import { readRecords } from "@autotraj/core";
import type { Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import { told } from "../../../../test/formats/reading.ts";
import { otel } from "./support.ts";

async function read(name: string): Promise<readonly Trajectory[]> {
  const found: Trajectory[] = [];
  for await (const { recordings, problem } of readRecords(join(import.meta.dirname, "fixtures", name), await otel())) {
    expect(problem).to.equal(undefined);
    found.push(...recordings.map(({ trajectory }) => trajectory));
  }
  return found;
}

describe("a trace as it was written by", () => {
  for (const [maker, file, tools] of [
    ["opentelemetry-instrumentation-openai 0.62.4 (OpenLLMetry)", "openllmetry.jsonl", ["w"]],
    ["openinference-instrumentation-openai 0.1.66", "openinference.jsonl", ["w"]],
    ["opentelemetry-instrumentation-openai-v2 2.1b0, messages as log records", "openai-log-events.jsonl", []],
  ] as const) {
    it(maker, async () => {
      const [only, ...others] = await read(file);
      expect(others).to.deep.equal([]);
      expect(told(only?.messages ?? [])).to.deep.equal([
        "system: Use tools.",
        "user: How warm?",
        'assistant:  [w({"city":"Łódź"})] [w({"city":"B"})]',
        "tool w=c1: 21",
        "tool w=c2: 17",
        "assistant: 21 and 17.",
      ]);
      expect({ faults: only?.faults, tools: only?.tools.map(({ name }) => name), model: only?.provenance.model }).to.deep.equal({
        faults: [],
        tools,
        model: "gpt-4o",
      });
    });
  }
});

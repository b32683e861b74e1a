import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { detectFormat, FORMAT, type Format, type JsonValue, loadService, READING_RULES, readConversation } from "@autotraj/core";
import { expect } from "chai";
import { largest } from "../data/sets.ts";
import { trajectoryWith } from "../trajectories.ts";

const PACKAGES = join(import.meta.dirname, "../../plugins/formats");
const LOGS = [
  "gsm8k/gsm8k-calculator-models.jsonl",
  "tora/tora-gsm8k.jsonl",
  "reflexion/reflexion-hotpot-react.jsonl",
  "fireact/fireact-react.jsonl",
];
const NO_LOGS = [
  "gsm8k/train.jsonl",
  "hotpotqa/questions.jsonl",
  "hotpotqa/corpus.jsonl",
  "eval-math/svamp.jsonl",
  "answer-checkers/hotpot-em-f1.jsonl",
];

/** Two questions, parallel calls, thinking: something of all that formats write. */
const CONVERSATION = {
  turns: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Weather in Oslo and Rome?" },
    {
      role: "assistant",
      content: "",
      reasoning: "Two calls.",
      calls: ["Oslo", "Rome"].map((city, place) => ({ id: `call_${place}`, name: "weather", arguments: { city } })),
    },
    { role: "tool", callId: "call_0", content: "3 C" },
    { role: "tool", callId: "call_1", content: "21 C" },
    { role: "assistant", content: "3 and 21." },
  ],
  tools: [{ name: "weather", description: "The weather", parameters: { type: "object", properties: { city: { type: "string" } } } }],
} as const;

describe("the format of a log is found", () => {
  let folder: string;
  let formats: ReadonlyMap<string, Format>;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-detect-"));
    const named = readdirSync(PACKAGES).map(async (name) => [name, await loadService(`@autotraj/format-${name}`, FORMAT, PACKAGES)] as const);
    formats = new Map(await Promise.all(named));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const file of LOGS) {
    it(`for ${file}: steps`, async () => {
      expect(await detectFormat(largest.path(file), formats)).to.equal("steps");
    });
  }

  for (const file of NO_LOGS) {
    it(`not for ${file}, which is no log: it says what its rows have`, async () => {
      let message = "";
      await detectFormat(largest.path(file), formats).catch((error: Error) => {
        message = error.message;
      });
      expect(message).to.match(/no format knows its first rows \(the first one has: \w+, .*\)\./);
    });
  }

  it("for what each format writes itself, in all its variants", async () => {
    const { trajectory } = readConversation(CONVERSATION, READING_RULES, undefined);
    const parallel = trajectoryWith(trajectory);
    const single = { ...parallel, messages: parallel.messages.filter(({ role }) => role === "user" || role === "assistant").toSpliced(1, 1) };
    const written: string[] = [];
    for (const [name, { variants = {}, ...format }] of formats) {
      for (const [variant, { sft, read, refuses }] of [["", format], ...Object.entries(variants)] as [string, Format][]) {
        if (sft === undefined || read === undefined) continue;
        const rows = [parallel, single].filter((one) => refuses?.(one) === undefined).map((one) => sft(one) as JsonValue);
        const file = join(folder, `${name}-${variant}.jsonl`);
        writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
        expect(await detectFormat(file, formats), `${name}/${variant}`).to.equal(name);
        written.push(name);
      }
    }
    expect(new Set(written)).to.have.all.keys("anthropic", "atif", "autotraj", "chat", "langchain", "otel", "react", "responses", "sharegpt");
  });
});

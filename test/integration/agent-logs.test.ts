/** The shapes that public agent logs have (see data/agent-logs/NOTICE): which format is found for each, and what it reads or why it refuses. */
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { detectFormat, isAutoTrajError, loadService, readRecords } from "@autotraj/core";
import { FORMAT, type Format, type Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";

const ROOT = resolve(import.meta.dirname, "../..");
const LOGS = resolve(import.meta.dirname, "../data/agent-logs");

interface Reading {
  readonly format: string;
  /** For each row of the file, what is said in turn. */
  readonly told: readonly string[];
  /** Of the first row. */
  readonly answer?: string;
  readonly gold?: string;
  readonly tools?: string;
  readonly faults?: readonly string[];
  readonly outcome?: object;
}

const READ: Readonly<Record<string, Reading>> = {
  // OpenAI messages with calls.
  "swe-gym-openhands": {
    format: "chat",
    told: ["system, user, calls execute_bash, execute_bash: ok, calls str_replace_editor, str_replace_editor: failed, calls finish"],
    tools: "execute_bash, finish",
    outcome: { resolved: true },
  },
  "jupyter-agent": {
    format: "chat",
    told: [
      "user, calls add_and_execute_jupyter_code_cell, add_and_execute_jupyter_code_cell: failed, calls add_and_execute_jupyter_code_cell, add_and_execute_jupyter_code_cell: ok, calls final_answer",
    ],
    answer: "57",
    gold: "57",
  },
  toucan: {
    format: "chat",
    told: ["system, user, calls harbour-tides-next_high + harbour-tides-depth, harbour-tides-next_high: ok, harbour-tides-depth: ok, assistant"],
    tools: "harbour-tides-next_high, harbour-tides-depth",
    answer: "High tide is at 14:20; berth 4 is 6.2 m deep.",
  },
  toolmind: {
    format: "sharegpt",
    told: ["user, calls stock_count, stock_count: ok, assistant", "user, calls stock_count"],
    tools: "stock_count",
    answer: "Twelve loaves are left.",
  },
  // Calls in plain text, as nobody but their own agent reads them: turns of a conversation.
  "code-feedback": { format: "chat", told: ["user, assistant, user, assistant"] },
  miroverse: { format: "chat", told: ["system, user, assistant, user, assistant"], answer: "41 km" },
  moatless: { format: "chat", told: ["system, user, assistant, system, user, assistant"] },
  nnetnav: { format: "chat", told: ["system, user, assistant"] },
  "swe-smith-xml": { format: "chat", told: ["system, user, assistant, user, assistant"], outcome: { resolved: true } },
  "agenttuning-db": { format: "sharegpt", told: ["user, assistant, user, assistant, user, assistant"] },
  "agenttuning-os": { format: "sharegpt", told: ["user, assistant, user, assistant"] },
  codeact: { format: "sharegpt", told: ["system, user, assistant, user, assistant"] },
  "openthoughts-terminus": { format: "sharegpt", told: ["user, assistant, user, assistant"] },
  "dta-tool": {
    format: "sharegpt",
    told: ["system, user, assistant, unnamed: ok, unnamed: ok, assistant"],
    faults: ["unpaired: turn 4, a result, answers no call", "unpaired: turn 5, a result, answers no call"],
  },
  "nebius-openhands": {
    format: "chat",
    told: ["system, user, calls execute_bash, execute_bash: ok, calls finish"],
    answer: "Empty keys are refused now.",
    tools: "execute_bash",
    outcome: { resolved: 1 },
  },
  "nebius-swe-agent": { format: "chat", told: ["system, user, assistant, user, assistant"] },
  // ATIF: all are read.
  "agenttuning-webshop.atif": {
    format: "atif",
    told: ["user, assistant, user, calls search, search: ok, calls click, click: ok, calls click"],
    faults: ["unpaired: turn 8, the call call_1@steps[5] of click has no result"],
  },
  "swe-chat.atif": {
    format: "atif",
    told: ["user, calls think + str_replace_editor, str_replace_editor: ok, calls str_replace_editor, assistant, user"],
    answer: "The flag is --quiet now.",
    faults: [
      "unpaired: turn 2, the call call_000002 of think has no result",
      "unpaired: turn 4, the call call_000004 of str_replace_editor has no result",
    ],
  },
  "go-browse.atif": { format: "atif", told: ["user, user, calls click, click: ok, assistant"], answer: "It is 300 m away." },
  "crmarena.atif": {
    format: "atif",
    told: ["system, user, calls get_cases, get_cases: failed, calls get_cases, get_cases: ok, calls respond"],
    outcome: { reward: 1 },
  },
  "android-control.atif": {
    format: "atif",
    told: ["assistant, user, calls open_app, open_app: ok, calls finish"],
    faults: [
      "nobody asks: the agent's first words are taken for the question",
      "not read: 2 of type image, the first at steps[1].observation.results[0].content[0]",
    ],
  },
  "terminus.atif": { format: "atif", told: ["user, assistant, user, assistant"], answer: "It is there." },
};

/** What `chat`, the format that is asked for first, says of a row that no format reads. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  dolci: /^messages\[2\]\.function_calls holds calls in a spelling that is not read; write them as tool_calls/,
  openresearcher: /^messages\[0\]\.content\[0\] is a part of type "system_content"; /,
  "swe-chat": /^messages is missing; expected /,
  "go-browse": /^messages is missing; expected /,
  mind2web: /^messages is missing; expected /,
  weblinx: /^messages is missing; expected /,
  synatra: /^(?:messages|prompt) is /,
};

describe("logs of public agents", () => {
  let formats: ReadonlyMap<string, Format>;
  before(async () => {
    formats = await formatsHere();
  });

  for (const [name, { format, told, ...first }] of Object.entries(READ)) {
    it(`of the shape ${name} are found to be ${format}, and read`, async () => {
      const file = join(LOGS, `${name}.jsonl`);
      expect(await detectFormat(file, formats)).to.equal(format);
      const trajectories = await trajectoriesIn(file, format);
      expect(trajectories.map(toldAgain)).to.deep.equal(told);
      const [trajectory] = trajectories as [Trajectory];
      if (first.answer !== undefined) expect(trajectory.answer).to.equal(first.answer);
      if (first.tools !== undefined) expect(trajectory.tools.map((tool) => tool.name).join(", ")).to.equal(first.tools);
      expect(trajectory.query.answers.join()).to.equal(first.gold ?? "");
      expect(trajectory.faults).to.deep.equal(first.faults ?? []);
      expect(trajectory.provenance.notes?.["outcome"]).to.deep.equal(first.outcome);
    });
  }

  for (const [name, message] of Object.entries(REFUSED)) {
    it(`of the shape ${name} are refused with what was expected where`, async () => {
      const file = join(LOGS, `${name}.jsonl`);
      const found = await detectFormat(file, formats).catch((error: unknown) => error);
      if (isAutoTrajError(found)) {
        expect(found.message).to.include(file).and.include("no format knows its first rows").and.include("--format");
      } else expect(found).to.equal("chat");
      for await (const { recordings, problem } of readRecords(file, formats.get("chat") as Format)) {
        expect(recordings).to.deep.equal([]);
        expect(problem).to.match(message);
      }
    });
  }

  it("are all spoken of here", () => {
    const files = readdirSync(LOGS).flatMap((file) => (file.endsWith(".jsonl") ? [file.slice(0, -".jsonl".length)] : []));
    expect([...Object.keys(READ), ...Object.keys(REFUSED)].sort()).to.deep.equal(files.sort());
  });

  async function trajectoriesIn(file: string, format: string): Promise<readonly Trajectory[]> {
    const trajectories: Trajectory[] = [];
    for await (const { recordings, problem } of readRecords(file, formats.get(format) as Format)) {
      expect(problem).to.equal(undefined);
      trajectories.push(...recordings.map(({ trajectory }) => trajectory));
    }
    return trajectories;
  }
});

/** Every format that reads, by its name, as the command finds them. */
async function formatsHere(): Promise<ReadonlyMap<string, Format>> {
  const found = new Map<string, Format>();
  for (const name of readdirSync(join(ROOT, "plugins/formats"))) {
    const format = await loadService(`@autotraj/format-${name}`, FORMAT, ROOT).catch(() => undefined);
    if (format?.read !== undefined) found.set(name, format);
  }
  return found;
}

/** `user, calls search + lookup, search: ok, lookup: failed, assistant`. */
function toldAgain({ messages }: Trajectory): string {
  return messages
    .map((message) => {
      if (message.role === "tool") return `${message.name}: ${message.ok ? "ok" : "failed"}`;
      const calls = message.role === "assistant" ? (message.toolCalls ?? []) : [];
      return calls.length === 0 ? message.role : `calls ${calls.map(({ name }) => name).join(" + ")}`;
    })
    .join(", ");
}

/** Every preset that is shipped, as a user meets it: looked at without keys and GPUs, and run against an endpoint as far as the data sets. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { RunSummary } from "@autotraj/core";
import { expect } from "chai";
import { presets } from "../boundaries/workspaces.ts";
import { type FakeAnswer, type FakeCall, type FakeServer, startFakeOpenAI } from "../fake-openai/server.ts";
import { inThisProcess } from "./in-this-process.ts";
import { newFolder } from "./sums.ts";

/** What a call of each tool looks like in a turn, by the name of the preset's tool. */
const CALLS: Readonly<Record<string, { readonly tag: string; readonly body: string }>> = {
  python: { tag: "code", body: "print(6 * 7)" },
  calculator: { tag: "calculator", body: "6*7" },
  search: { tag: "search", body: "novelist" },
};

/** Presets that take what they need from outside. */
const ENDPOINTS: Readonly<Record<string, readonly string[]>> = {
  "no-gold": ["student", "wise"],
  paper: ["policy", "teacher"],
  "paper-fixed": ["policy", "teacher"],
};

/** One that calls the tool it is offered, then answers; asked for a verdict, it gives one. */
function answering(tool: string): (call: FakeCall) => FakeAnswer | string {
  const { tag, body: code } = CALLS[tool] ?? { tag: "code", body: "" };
  return ({ body }) => {
    const messages = (body.messages ?? []) as { role: string; content: string | null }[];
    const last = messages.at(-1)?.content ?? "";
    if (last.includes("verdict:"))
      return /one of 1, 2/.test(last) ? "It holds.\nverdict: 4" : last.includes("A or B") ? "It holds.\nverdict: A" : "It holds.\nverdict: yes";
    if (body.prompt === undefined) {
      if (messages.at(-1)?.role === "tool") return { text: "\\boxed{42}", reasoning: "Python says 42." };
      return { reasoning: "I let Python work it out.", toolCalls: [{ name: "python", arguments: JSON.stringify({ code }) }] };
    }
    const own =
      String(body.prompt)
        .split(/<\|im_start\|>assistant|\nQuestion:\n/)
        .at(-1) ?? "";
    return own.includes("<result>")
      ? "<think> The tool says it. </think><answer>\\boxed{42}</answer>"
      : `<think> I ask the tool. </think><${tag}>${code}</${tag}>`;
  };
}

describe("the preset", function () {
  this.timeout(180_000);
  let folder: string;
  let server: FakeServer | undefined;

  beforeEach(() => {
    folder = newFolder();
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  for (const { path } of presets) {
    const name = basename(path);
    const own = existsSync(join(path, "preset.yaml")) ? path : join(import.meta.dirname, "../..", path);
    const text = readFileSync(join(own, "preset.yaml"), "utf8");

    it(`${name} can be planned without keys, GPUs and network, and says which are missing`, async () => {
      const { code, stdout, stderr } = await inThisProcess(["plan", name, "--json"], folder);
      expect(code, stderr).to.equal(0);
      const { missing } = JSON.parse(stdout) as { missing: readonly { from: string }[] };
      const variables = [...text.matchAll(/\$env: (\w+) \}/g)].map(([, variable]) => variable);
      if (name !== "paper-fixed") expect(missing.map(({ from }) => from)).to.deep.equal(variables);
      else expect(missing).to.have.length(4);
    });

    it(`${name} runs as far as its data sets`, async () => {
      const tool = Object.keys(CALLS).find((id) => new RegExp(`^ {2}${id}:`, "m").test(text)) ?? "python";
      server = await startFakeOpenAI({ answer: answering(tool) });
      writePreset(folder, name, server.baseURL);
      const { code, stdout, stderr } = await inThisProcess(["run", "mine.json", "--limit", "2", "--until", "data", "--out", "out", "--json"], folder);
      expect(code, stderr).to.equal(0);
      const { funnel, dimensions, incidentsBy, toolCalls } = JSON.parse(stdout) as RunSummary;
      expect(funnel.queries).to.equal(2);
      expect(funnel.failedQueries).to.equal(0);
      expect(incidentsBy).to.deep.equal({});
      expect(funnel.candidates).to.be.at.least(2);
      expect(dimensions["executability"]?.candidates ?? 1, "calls that ran").to.equal(1);
      for (const [dimension, { failed }] of Object.entries(dimensions)) expect(failed, dimension).to.equal(0);
      expect(Object.keys(toolCalls)).to.deep.equal(name === "clean-logs" ? [] : [tool]);
      for (const made of Object.values(toolCalls)) expect(made).to.be.at.least(funnel.candidates);
      if (name !== "clean-logs") expect(server.calls.length).to.be.at.least(2 * funnel.candidates);
    });
  }
});

/** The preset with its models behind this address, and two questions where it brings none. */
function writePreset(folder: string, name: string, baseURL: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "key"), "any-word-will-do");
  const questions = ["What is 6 × 7?", "What is 7 × 6?"].map((question, at) =>
    JSON.stringify({ id: `q-${at}`, question, ...(name === "no-gold" ? {} : { answer: "42" }) }),
  );
  writeFileSync(join(folder, "questions.jsonl"), questions.join("\n"));
  const outside = ENDPOINTS[name];
  const ids = name === "clean-logs" ? [] : (outside ?? ["student"]);
  const options = { model: "fake", baseURL, ...(outside === undefined ? {} : { apiKey: { $file: "key" } }) };
  const plugins = Object.fromEntries(ids.map((id) => [id, { use: "@autotraj/policy-openai", options }]));
  const queries = outside === undefined ? {} : { queries: { train: "questions.jsonl", evaluate: "questions.jsonl" } };
  writeFileSync(join(folder, "mine.json"), JSON.stringify({ extends: [`@autotraj/preset-${name}`], plugins, ...queries }));
}

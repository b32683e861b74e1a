import { StopSwitch } from "@autotraj/core";
import { FORMAT } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import { readFile, toldInFull, trajectoriesOf } from "../../../../test/formats/reading.ts";
import { TrackedRuns } from "../../../../test/tracked-run.ts";
import formatOtel from "../../../formats/otel/src/index.ts";
import plugin from "../src/index.ts";
import { type ReceivedSpan, type Receiver, receiver } from "./receiver.ts";

const [SERVER_SIDE_ERROR, ERROR] = [500, 2];
const [INTERNAL, CLIENT] = [1, 3];

describe("a run as OpenTelemetry spans, in the hands of an OTLP receiver", () => {
  let server: Receiver;
  let runs: TrackedRuns;
  beforeEach(async () => {
    server = await receiver();
    runs = new TrackedRuns();
  });
  afterEach(async () => {
    runs.remove();
    await server.close();
  });
  const start = (options: object = {}, settings: Parameters<TrackedRuns["start"]>[2] = {}) =>
    runs.start(plugin as never, { endpoint: server.url, ...options }, settings);
  const named = (name: string) => server.spans.filter((span) => span.name === name || span.name.startsWith(`${name} `));
  const parentOf = ({ parentSpanId }: ReceivedSpan) => server.spans.find(({ spanId }) => spanId === parentSpanId);
  const wayOf = (span: ReceivedSpan): string => {
    const parent = parentOf(span);
    return `${parent === undefined ? "" : `${wayOf(parent)} → `}${span.name}`;
  };

  for (const protocol of ["protobuf", "json"] as const) {
    it(`is one trace from the run to each call, as ${protocol}`, async () => {
      const { summary } = await start({ protocol });
      expect(runs.incidents).to.deep.equal([]);
      expect(new Set(server.requests.map(({ headers }) => headers["content-type"]))).to.deep.equal(
        new Set([protocol === "json" ? "application/json" : "application/x-protobuf"]),
      );
      expect(new Set(server.spans.map(({ traceId }) => traceId))).to.have.length(1);
      expect(new Set(server.spans.map(({ spanId }) => spanId))).to.have.length(server.spans.length);
      expect(new Set(server.spans.map(wayOf))).to.deep.equal(
        new Set([
          "run run",
          "run run → question",
          "run run → question → invoke_agent student",
          "run run → question → invoke_agent student → chat adder-1",
          "run run → question → invoke_agent student → execute_tool add",
          "run run → question → repair",
          "run run → question → repair → invoke_agent student",
          "run run → question → repair → invoke_agent student → chat adder-1",
          "run run → question → repair → invoke_agent student → execute_tool add",
        ]),
      );
      const { queries, candidates, toRepair } = summary.funnel;
      expect(named("question")).to.have.length(queries);
      expect(named("repair")).to.have.length(toRepair).and.not.empty;
      expect(named("invoke_agent")).to.have.length(candidates + toRepair);
      expect(named("chat")).to.have.length(summary.usage["student"]?.calls ?? 0);
      for (const span of server.spans) {
        expect(span.end >= span.start, span.name).to.equal(true);
        const parent = parentOf(span);
        if (parent !== undefined) expect(span.start >= parent.start - 2_000_000n && span.end <= parent.end + 2_000_000n, wayOf(span)).to.equal(true);
      }
    });
  }

  it("has the conventions' attributes on calls, and no text", async () => {
    const { summary } = await start({ serviceName: "mine", resource: { "openinference.project.name": "sums" } });
    const [chat] = named("chat");
    expect(chat?.kind).to.equal(CLIENT);
    expect(chat?.resource).to.include({ "service.name": "mine", "openinference.project.name": "sums" });
    expect(chat?.attributes).to.deep.include({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "student",
      "gen_ai.request.model": "adder-1",
      "gen_ai.usage.input_tokens": 100,
      "gen_ai.usage.output_tokens": 5,
      "gen_ai.usage.cache_read.input_tokens": 10,
      "gen_ai.response.finish_reasons": ["tool_call"],
    });
    const cost = named("chat").reduce((sum, { attributes }) => sum + Number(attributes["autotraj.usd"]), 0);
    expect(cost).to.be.closeTo(summary.usage["student"]?.usd ?? 0, 1e-9);
    const [tool] = named("execute_tool");
    expect(tool?.kind).to.equal(INTERNAL);
    expect(tool?.attributes).to.deep.equal({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "add",
      "gen_ai.tool.type": "function",
      "autotraj.tool": "adder",
    });
    const all = JSON.stringify(server.spans, (_key, value) => (typeof value === "bigint" ? String(value) : value));
    for (const text of ["What is", "I add them", "compared", "it is right"]) expect(all).not.to.contain(text);
  });

  it("has scores, verdict and fate on the span of each candidate, and repairs on theirs", async () => {
    const { summary } = await start();
    const candidates = named("invoke_agent").filter((span) => parentOf(span)?.name === "question");
    const fates = Map.groupBy(candidates, ({ attributes }) => attributes["autotraj.fate"]);
    const { kept, repaired } = summary.funnel;
    expect([fates.get("kept")?.length, fates.get("repaired")?.length]).to.deep.equal([kept, repaired]);
    for (const { attributes, events } of fates.get("repaired") ?? []) {
      expect(attributes).to.include({ "autotraj.score.correctness": 0, "autotraj.verdict.decision": "repair", "autotraj.verdict.cause": "wrong" });
      expect(events).to.deep.equal([
        { name: "gen_ai.evaluation.result", attributes: { "gen_ai.evaluation.name": "correctness", "gen_ai.evaluation.score.value": 0 } },
      ]);
    }
    for (const { events } of named("repair")) {
      const [repair, result] = events;
      expect(repair?.attributes).to.include({ "autotraj.fate": "accepted", "autotraj.repairer": "fix", "autotraj.attempt": 0 });
      expect(result?.attributes).to.include({ "gen_ai.evaluation.name": "correctness", "gen_ai.evaluation.score.value": 1 });
    }
    expect(named("run")[0]?.attributes).to.include({ "autotraj.outcome": "done", "autotraj.funnel.kept": kept, "autotraj.preset": "run" });
  });

  it("with content it holds whole conversations: the format otel reads them back as they were", async () => {
    await start({ content: true, protocol: "json" });
    const format = (await setupPlugin(formatOtel)).provided(FORMAT);
    const file = server.requests.map(({ body }) => `${body.toString("utf8")}\n`).join("");
    const read = (await readFile(format, file, "traces.jsonl")).flatMap((row) => {
      expect(row.problem).to.equal(undefined);
      return trajectoriesOf(row);
    });
    expect(read).to.have.length(named("invoke_agent").length);
    const told = read.map(({ messages }) => toldInFull(messages)).find(([question]) => question === "user: What is 3 + 20?");
    expect(told).to.have.length(4);
    expect(told?.slice(1, 3).join("\n")).to.match(/^assistant: I add them\. \[call-\d+ add \{"a":3,"b":20\}\]\ntool call-\d+ add: 23$/);
    expect(told?.at(-1)).to.match(/^assistant: It is \\boxed\{(23|7)\}$/);
    const reasons = named("invoke_agent").flatMap(({ events }) => events.map(({ attributes }) => attributes["gen_ai.evaluation.explanation"]));
    expect(reasons).to.include("compared");
  });

  it("can be a trace for each question, which links to the run", async () => {
    await start({ traces: "question" });
    const [run] = named("run");
    expect(new Set(server.spans.map(({ traceId }) => traceId))).to.have.length(7);
    for (const question of named("question")) {
      expect(question.parentSpanId).to.equal("");
      expect(question.links).to.deep.equal([{ traceId: run?.traceId, spanId: run?.spanId }]);
    }
  });

  it("says of a stage what it left, and sends the headers that it was given", async () => {
    await start({ headers: { "x-project": "sums" } }, { trains: "sft" });
    expect(named("stage sft")[0]?.attributes).to.include({ "autotraj.stage": "sft", "autotraj.stage.is_new": true, "autotraj.metric.loss": 0.25 });
    expect(server.requests[0]?.headers).to.include({ "x-project": "sums" });
  });

  it("is whole where the run is stopped or fails: what is open ends, with its error", async () => {
    const stop = new StopSwitch();
    const failure = await start({}, { stop, observer: { trajectory: () => stop.softly() } }).then(
      () => undefined,
      (error) => error.code,
    );
    expect(failure).to.equal("ATRAJ_INTERRUPTED");
    expect(named("run").map(({ attributes }) => attributes["autotraj.outcome"])).to.deep.equal(["interrupted"]);
    runs.remove();
    await start({}, { questions: 1, asked: ["What is 666 + 1?"] });
    const broken = named("chat").filter(({ status }) => status.code === ERROR);
    expect(broken).not.to.be.empty;
    for (const { status, attributes } of broken) {
      expect(status.message).to.equal("the policy is down");
      expect(attributes).to.include({ "error.type": "_OTHER" });
    }
  });

  it("costs the run nothing where nobody listens or the server refuses: that is an incident by the tracker's name", async () => {
    const refusing = await receiver(SERVER_SIDE_ERROR);
    try {
      const { summary } = await start({ endpoint: refusing.url });
      expect(summary.finished).to.equal(true);
      expect(refusing.requests).not.to.be.empty;
      expect(runs.incidents).not.to.be.empty;
      for (const incident of runs.incidents) expect(incident).to.match(/watch.*spans could not be sent.*500/s);
    } finally {
      await refusing.close();
    }
  });
});

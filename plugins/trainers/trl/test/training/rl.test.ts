import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { EpisodeServer, type EpisodeServerOptions } from "./episode-server.ts";
import { answerRow, folder, type Likelihood, likelihoods, nativeSftRow, steps, tinyModel, tinyModelWith, train } from "./jobs.ts";

const TASKS = Array.from({ length: 4 }, (_, at) => ({
  id: `q-${at}`,
  query: { id: `q-${at}`, question: `${at}?`, answers: [] },
  messages: [
    { role: "system", content: "Calculate." },
    { role: "user", content: `${at}?` },
  ],
  ...{ dialect: "tags", tools: [], stop: ["</code>", "</answer>"], maxToolCalls: 2, maxTurns: 3 },
  sampling: { temperature: 1, topP: 1, topK: 0, maxTokens: 6 },
}));
const OPTIONS = { resample: 0, steps: 2, group: 2, promptsPerStep: 2, batchSize: 2, maxCompletionTokens: 64, learningRate: 1e-3, saveSteps: 1 };

describe("stage rl on the CPU", function () {
  this.timeout(600_000);
  let model: string;
  const dirs: string[] = [];
  const servers: EpisodeServer[] = [];
  const dirOf = () => {
    dirs.push(folder());
    return dirs.at(-1)!;
  };
  async function play(options: EpisodeServerOptions) {
    const server = new EpisodeServer(options);
    servers.push(server);
    return { server, service: { url: await server.listen(), token: server.token } };
  }
  before(async () => {
    model = await tinyModel();
  });
  after(() => {
    for (const server of servers) server.close();
    for (const dir of dirs) rmSync(dir, { recursive: true });
  });

  it("plays a whole step's episodes in one request per turn and leaves out what got no reward", async () => {
    const dir = dirOf();
    const { server, service } = await play({
      toolTurns: 1,
      reward: (at) => [1, 0, null, 0.5][at]!,
      // Away for a moment: it is asked again.
      refuse: (path, before) => (path === "/v1/turns" && before === 0 ? 503 : undefined),
    });
    const result = await train({ stage: "rl", model, options: OPTIONS, train: TASKS, dir, service, process: "new" });
    expect(result.kind).to.equal("causal");
    expect(result.metrics).to.include({ steps: 2, trajectories: 8, invalid: 2 });

    for (const { authorization } of server.asked) expect(authorization).to.equal("Bearer episode-token");
    const [refused, ...turns] = server.of("/v1/turns");
    expect(turns[0]!.items).to.deep.equal(refused!.items);
    expect(turns.map(({ items }) => items.map(({ index }) => index))).to.deep.equal([
      [0, 0, 0, 0],
      [1, 1, 1, 1],
      [0, 0, 0, 0],
      [1, 1, 1, 1],
    ]);
    for (const { items } of turns) for (const { finish } of items) expect(finish).to.be.oneOf(["stop", "length"]);
    const begun = server.of("/v1/sessions").flatMap(({ items }) => items.map(({ task }) => task));
    expect([begun[0], begun[2]]).to.deep.equal([begun[1], begun[3]]);
    expect(new Set(server.of("/v1/sessions").flatMap(({ items }) => items.map(({ key }) => key))).size).to.equal(8);

    const metrics = steps(dir).filter(({ metrics }) => "loss" in metrics);
    expect(metrics.map(({ step }) => step)).to.deep.equal([1, 2]);
    for (const { metrics: found } of metrics) {
      expect(found["invalid"]).to.equal(0.25);
      expect(found["toolCalls"]).to.equal(1);
      // Of three, not of four: what is missing is no 0.
      expect(found["terms/outcome"]).to.be.closeTo(0.5, 1e-6);
      expect(found["groupsWithoutVariance"]).to.equal(0.5);
    }
    expect(steps(dir).some(({ metrics: found }) => "serviceAwaySeconds" in found)).to.equal(true);
  });

  it("makes the answer likelier that is rewarded, and the other one less", async () => {
    const rows = ["1", "2"].map((answer) => answerRow("1 or 2?", answer));
    const sft = await train({
      ...{ stage: "sft", model, dir: dirOf(), train: rows },
      ...{ options: { steps: 60, batchSize: 2, learningRate: 1e-2, saveSteps: 100 } },
    });
    const dir = dirOf();
    const messages = (rows[0]!["messages"] as object[]).slice(0, 2);
    const { service } = await play({ toolTurns: 0, reward: (_at, said) => (said.includes(">1<") ? 1 : 0) });
    const options = { steps: 6, group: 8, promptsPerStep: 1, batchSize: 8, maxCompletionTokens: 32, maxNewTokens: 16, learningRate: 1e-3 };
    const result = await train({ stage: "rl", model: sft.modelPath, options, train: [{ ...TASKS[0]!, messages }], dir, service });
    const [before, after] = await likelihoods(rows, sft.modelPath, result.modelPath);
    const share = ([one, two]: readonly Likelihood[]) => Math.exp(one!.text) / (Math.exp(one!.text) + Math.exp(two!.text));
    expect(share(before!)).to.be.within(0.4, 0.6);
    expect(share(after!)).to.be.greaterThan(share(before!) + 0.05);
    expect(after![0]!.text).to.be.greaterThan(before![0]!.text);
    expect(after![1]!.text).to.be.lessThan(before![1]!.text);
    expect(result.metrics).to.include({ groups: 6, invalid: 0 });
    expect(result.metrics["weightsChangedF16"]).to.be.within(0.5, 1);
    expect(result.metrics["kl"]).to.be.within(1e-4, 3);
    expect(result.metrics["klTokens"]).to.be.greaterThan(0);
  });

  it("starts no process for fewer questions than a step has", async () => {
    const dir = dirOf();
    const error = await train({ stage: "rl", model, options: OPTIONS, train: TASKS.slice(0, 1), dir }).catch((thrown: Error) => thrown);
    expect(String(error)).to.contain("1 question does not fill one step of 2 (promptsPerStep).");
    expect(existsSync(join(dir, "process.log"))).to.equal(false);
  });

  it("plays native tool calls, which the model's own chat template and TRL read", async () => {
    const row = nativeSftRow(6);
    const sft = await train({
      ...{ stage: "sft", model: await tinyModelWith("qwen3", "all"), dir: dirOf() },
      ...{ train: [row], options: { steps: 50, batchSize: 1, learningRate: 1e-2, saveSteps: 50 } },
    });
    const messages = (row["messages"] as { role: string }[]).filter(({ role }) => role === "system" || role === "user");
    const task = { ...TASKS[0]!, id: "native", messages, dialect: "native", tools: row["tools"], stop: [] };
    const { server, service } = await play({ toolTurns: 1, reward: (at) => at });
    const dir = dirOf();
    const options = { ...OPTIONS, promptsPerStep: 1, temperature: 0.1, maxNewTokens: 60, maxCompletionTokens: 160 };
    const result = await train({ stage: "rl", model: sft.modelPath, options, train: [task], dir, service });
    expect(result.metrics).to.include({ steps: 2, trajectories: 4, invalid: 0 });
    const [called, answered] = server.of("/v1/turns").map(({ items }) => items[0]!);
    expect(called).to.deep.include({ finish: "tool-calls", toolCalls: [{ id: "", name: "python", arguments: '{"code": "print(6 * 7)"}' }] });
    expect(answered).to.include({ index: 1, finish: "stop" });
  });

  it("goes on without a step's trajectories where the service stays away and the setting says drop", async () => {
    const dir = dirOf();
    const { server, service } = await play({
      toolTurns: 0,
      reward: () => 1,
      refuse: (path, before) => (path === "/v1/score" && before === 0 ? 503 : undefined),
    });
    const options = { ...OPTIONS, serviceTimeoutMs: 0, onServiceLost: "drop", resample: 1 };
    const result = await train({ stage: "rl", model, options, train: TASKS, dir, service });
    // What was lost is not played again; what was all right is, once, and is all right again.
    expect(result.metrics).to.include({ steps: 2, trajectories: 12, invalid: 4, groups: 4, groupsWithoutVariance: 1, groupsResampled: 2 });
    const trained = steps(dir).filter(({ metrics }) => "loss" in metrics);
    expect(trained.map(({ metrics }) => [metrics["invalid"], metrics["groupsWithoutVariance"]])).to.deep.equal([
      [1, 1],
      [0, 1],
    ]);
    const asked = server.of("/v1/sessions").map(({ items }) => new Set(items.map(({ task }) => task)));
    expect(new Set([...asked[1]!, ...asked[2]!]).size).to.equal(4);
    expect(result.metrics).to.include({ weightsChanged: 0 });
    expect(result.metrics["kl"]).to.be.within(0, 1e-6);
    expect(result.warned).to.deep.equal([
      "stage rl changed no weight that can be told in 16 bits (largest change 0.0): evaluation will show hardly anything of it. Train for more steps or at a higher learningRate.",
    ]);
    expect(readFileSync(join(dir, "process.log"), "utf8")).to.contain("The 4 trajectories of this step are left out.");
  });

  it("stops at SIGTERM with a checkpoint, and goes on from it", async () => {
    const dir = dirOf();
    const { server, service } = await play({ toolTurns: 0, reward: (at) => at });
    const job = { stage: "rl", model, options: { ...OPTIONS, steps: 3, saveSteps: 100 }, train: TASKS, dir, service } as const;
    const end = await train({ ...job, onStep: (step, kill) => step === 1 && kill("SIGTERM") }).catch((error: Error) => error);
    expect(String(end)).to.contain("ended with 143");
    expect(existsSync(join(dir, "model"))).to.equal(false);
    const done = Math.max(...steps(dir).map(({ step }) => step));
    expect(existsSync(join(dir, "checkpoints", `checkpoint-${done}`, "trainer_state.json"))).to.equal(true);
    const before = server.of("/v1/sessions").length;
    const result = await train(job);
    expect(result.metrics["steps"]).to.equal(3);
    expect(server.of("/v1/sessions").length - before).to.equal(3 - done);
    expect(steps(dir).at(-1)!.step).to.equal(3);
  });

  it("goes on after SIGKILL, in episodes of its own", async () => {
    const dir = dirOf();
    const { server, service } = await play({ toolTurns: 0, reward: (at) => at });
    const job = { stage: "rl", model, options: { ...OPTIONS, steps: 4 }, train: TASKS, dir, service } as const;
    const end = await train({ ...job, onStep: (step, kill) => step === 2 && kill("SIGKILL") }).catch((error: Error) => error);
    expect(String(end)).to.contain("ended with SIGKILL");
    const result = await train(job);
    expect(result.metrics["steps"]).to.equal(4);
    expect(result.metrics["trajectories"]).to.be.within(4, 12);
    // A step that is sampled again must not be answered with the turns of the time before.
    const keys = server.of("/v1/sessions").flatMap(({ items }) => items.map(({ key }) => key));
    expect(new Set(keys).size).to.equal(keys.length);
  });
});

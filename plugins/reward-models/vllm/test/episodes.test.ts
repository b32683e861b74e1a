/** The whole reward with the real kernel: episodes are played, scored by the real scorers, and rewarded by the plugins of this folder and its neighbours. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Episodes, episodesOf, resolvePreset, Session, StopSwitch, TapGuard } from "@autotraj/core";
import { expect } from "chai";
import { modelFolder } from "./folder.ts";
import { type FakeVllm, fakeVllm } from "./server.ts";

const fixture = (name: string) => resolve(import.meta.dirname, "../../../../core/test/fixtures/plugins", `${name}.mjs`);
const SCALE = { mean: 1, deviation: 2 };
/** What the reward model thinks of a trajectory stands in it. */
const SCORE = /I am worth (\S+?)\.</;
const answer = (worth: string, text: string) => `<think>I am worth ${worth}.</think>\n<answer>\\boxed{${text}}</answer>`;

describe("a reward of outcome, format and reward model", () => {
  let folder: string;
  let server: FakeVllm;
  let isDown = false;
  const closing: (() => Promise<void> | void)[] = [];
  const incidents: string[] = [];

  before(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-reward-")));
    server = await fakeVllm({
      score: (input) => Number(SCORE.exec(String(input))?.[1] ?? 0),
      fault: () => (isDown ? { status: 500 } : undefined),
    });
    const rows = [
      { id: "sum", question: "What is 6 * 7?", answer: "42" },
      { id: "city", question: "Where is Central Park?", answer: "New York City" },
      { id: "open", question: "What is good?" },
    ];
    writeFileSync(join(folder, "train.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    modelFolder(join(folder, "model"));
    // As stage reward-model left it.
    mkdirSync(join(folder, "run", "models", "reward-model"), { recursive: true });
    writeFileSync(
      join(folder, "run", "models", "reward-model", "artifact.json"),
      JSON.stringify({ modelPath: "./model", startedFrom: "base", report: { beatsBaselines: true, scale: SCALE } }),
    );
  });
  afterEach(async () => {
    isDown = false;
    incidents.length = 0;
    for (const close of closing.splice(0).reverse()) await close();
  });
  after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  async function open(reward: object): Promise<Episodes> {
    const preset = {
      queries: { train: "train.jsonl" },
      rollout: { policy: "student", dialect: "tags" },
      plugins: {
        prompt: { use: "@autotraj/preparer-prompt" },
        student: { use: fixture("scripted-policy") },
        answer: { use: "@autotraj/scorer-answer" },
        form: { use: "@autotraj/scorer-format" },
        outcome: { use: "@autotraj/reward-outcome", options: { dimensions: ["f1", "correctness"] } },
        gate: { use: "@autotraj/reward-format" },
        judge: {
          use: "@autotraj/reward-model-vllm",
          options: { baseURLs: [server.url], model: "rm", folder: "model", maxRetries: 1, retryDelayMs: 1 },
        },
        trainer: { use: fixture("pretend-trainer") },
      },
      stages: { "reward-model": { model: "base" }, rl: { model: "base" } },
      reward,
    };
    writeFileSync(join(folder, "preset.json"), JSON.stringify(preset));
    const session = await Session.open(await resolvePreset("./preset.json", { cwd: folder }), {
      cacheDir: join(folder, "cache"),
      onIncident: (who, what) => incidents.push(`${who}: ${what}`),
    });
    closing.push(() => session.dispose());
    await session.start({ train: async function* () {}, evaluate: () => undefined });
    const stop = new StopSwitch();
    session.lifecycle.begin(new TapGuard({ timeoutMs: 60_000, signal: stop.signal, run: { runId: "test", random: () => 0.5 } }));
    const episodes = episodesOf({ session, runDir: join(folder, "run"), stop, incident: () => {} });
    closing.push(() => episodes.close());
    for (const [id, question, answers] of [
      ["sum", "What is 6 * 7?", ["42"]],
      ["city", "Where is Central Park?", ["New York City"]],
      ["open", "What is good?", []],
    ] as const) {
      const state = await session.lifecycle.beforeRollout(session.rolloutRequest({ id, question, answers }));
      episodes.addTask(state.request);
    }
    return episodes;
  }
  let played = 0;
  async function play(episodes: Episodes, task: string, text: string): Promise<string> {
    const session = episodes.begin(task, String(played++));
    await episodes.turn(session, 0, { text, finish: "stop" });
    return session;
  }
  const rewardsOf = async (episodes: Episodes, ...plays: readonly (readonly [task: string, text: string])[]) => {
    const sessions: string[] = [];
    for (const [task, text] of plays) sessions.push(await play(episodes, task, text));
    return episodes.score(sessions);
  };

  it("follows the paper: max(o, clip(o + 0.2·r·[o > 0], −3, 3)), and −1 for a broken format", async () => {
    const episodes = await open({ combine: "paper" });
    const rewards = await rewardsOf(
      episodes,
      ["sum", answer("4", "42")],
      ["sum", answer("-3", "42")],
      ["sum", answer("500", "42")],
      ["sum", answer("4", "41")],
      ["sum", "<think>I am worth 4.</think>\n42"],
      ["city", answer("2", "York City")],
    );
    expect(rewards.map(({ reward }) => reward)).to.deep.equal([1 + 0.2 * 4, 1, 3, 0, -1, 0.8 + 0.2 * 2]);
    expect(rewards[0]?.terms).to.deep.equal({ outcome: 1, gate: 0, judge: 4 });
    expect(rewards[4]?.terms).to.deep.equal({ outcome: 0, gate: -1, judge: 4 });
  });

  it("in `bounded` measures the bonus by the reward model's own scale, and never pays more for it than its weight", async () => {
    const episodes = await open({ combine: "bounded", weights: { judge: 0.5 } });
    const rewards = await rewardsOf(
      episodes,
      ["sum", answer("4", "42")],
      ["sum", answer("500", "42")],
      ["sum", answer("-3", "42")],
      ["sum", answer("500", "41")],
      ["sum", "42"],
    );
    expect(rewards[0]?.reward).to.be.closeTo(1 + 0.5 * Math.tanh((4 - SCALE.mean) / SCALE.deviation), 1e-12);
    expect(rewards.slice(1).map(({ reward }) => reward)).to.deep.equal([1.5, 1, 0, -1]);
  });

  it("gives none where the reward model has no score for a trajectory, and says why; the others keep theirs", async () => {
    const episodes = await open({ combine: "paper" });
    const [none, other] = await rewardsOf(episodes, ["sum", answer("NaN", "42")], ["sum", answer("1", "42")]);
    expect(none).to.deep.equal({
      reward: null,
      terms: { outcome: 1, gate: 0, judge: null },
      invalid: "judge: the model's score is no number",
    });
    expect(other?.reward).to.equal(1.2);
  });

  it("gives none at all, and no 0, while the reward model is away, and goes on when it is back", async () => {
    const episodes = await open({ combine: "paper" });
    const session = await play(episodes, "sum", answer("1", "42"));
    isDown = true;
    const [away] = await episodes.score([session]);
    expect(away?.reward).to.equal(null);
    expect(away?.invalid).to.contain("/classify gave no answer: 500");
    expect(incidents).to.have.length(1);
    isDown = false;
    expect((await episodes.score([session]))[0]?.reward).to.equal(1.2);
  });

  it("gives none for a question without an answer: nothing says what is right", async () => {
    const episodes = await open({ combine: "paper" });
    const [open_] = await rewardsOf(episodes, ["open", answer("1", "love")]);
    expect(open_).to.deep.equal({
      reward: null,
      terms: { outcome: null, gate: 0, judge: 1 },
      invalid: "no outcome term applies to this trajectory",
    });
  });
});

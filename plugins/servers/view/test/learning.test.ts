import { appendFileSync, copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readSummary } from "@autotraj/core";
import { keepEvaluation } from "@autotraj/core/reports";
import { rowsIn } from "@autotraj/core/rows";
import { compareModels } from "@autotraj/statistics/intervals";
import { expect } from "chai";
import { fixture } from "../../../../core/test/support/presets.ts";
import { REWARD, StagesRun } from "../../../../core/test/support/stages.ts";
import { generateRun } from "../../../../test/generated-run.ts";
import { EVALUATED, generateStages } from "../../../../test/generated-stages.ts";
import type { TextAnswer } from "../src/api.ts";
import type {
  AnswersAnswer,
  ComparisonAnswer,
  EvaluationAnswer,
  PairAnswer,
  PairPage,
  PairRow,
  QuestionPage,
  QuestionRow,
  RewardModelsAnswer,
  TrainedStage,
  TrainingAnswer,
} from "../src/learning-api.ts";
import { Viewing } from "./viewing.ts";

interface JudgedLine {
  readonly chosen: string;
  readonly chosenScore: number | null;
  readonly rejectedScore: number | null;
  readonly rules: Readonly<Record<string, number>> | null;
}

const HELD_OUT = "held out: reward-model";

describe("what was learnt from a run, in the viewer", () => {
  const viewing = new Viewing();
  const runDir = join(viewing.folder, "learnt");
  const at = "/api/runs/learnt";
  const left = (...path: readonly string[]) => join(runDir, ...path);

  before(async () => {
    generateRun({ runDir, trajectories: 500 });
    await generateStages(runDir);
    await viewing.open([runDir]);
    await viewing.enter();
    await viewing.indexed("learnt");
    while (!(await pairs("")).sets.every(({ complete }) => complete)) await pause();
    while ((await viewing.json<EvaluationAnswer>(`${at}/evaluation`)).answered.filter(({ complete }) => complete).length < 3) await pause();
  });
  after(() => viewing.close());

  const pairs = (query: string) => viewing.json<PairPage>(`${at}/pairs?${query}`);
  const pair = (set: string, place: number) => viewing.json<PairAnswer>(`${at}/pairs/${encodeURIComponent(set)}/${place}`);
  const allPairs = async (query: string): Promise<readonly PairRow[]> => {
    const rows: PairRow[] = [];
    for (let after: string | null = ""; after !== null; ) {
      const page: PairPage = await pairs(`${query}${after === "" ? "" : `&after=${encodeURIComponent(after)}`}`);
      rows.push(...page.rows);
      after = page.next;
    }
    return rows;
  };
  const judged = () => [...rowsIn(left("models", "reward-model", "held-out-judged.jsonl"))] as unknown as JudgedLine[];
  const marginOf = ({ chosenScore, rejectedScore }: JudgedLine) =>
    chosenScore === null || rejectedScore === null ? null : chosenScore - rejectedScore;

  it("has the pairs of every set, page by page, in the order of its file", async () => {
    const { sets, set } = await pairs("");
    expect(sets.map(({ name }) => name)).to.deep.equal(["preferences", "siblings", HELD_OUT]);
    expect(set, "one that a reward model has scored").to.equal("preferences");
    for (const [name, file] of [
      ["preferences", left("datasets", "preferences.jsonl")],
      ["siblings", left("datasets", "siblings.jsonl")],
      [HELD_OUT, left("models", "reward-model", "data", "held-out.jsonl")],
    ] as const) {
      const rows = [...rowsIn(file)] as unknown as { query: { question: string } }[];
      const found = await allPairs(`set=${encodeURIComponent(name)}`);
      expect(
        found.map(({ question }) => question),
        name,
      ).to.deep.equal(rows.map(({ query }) => query.question));
      expect(sets.find((one) => one.name === name)?.pairs)
        .to.equal(rows.length)
        .and.to.be.greaterThan(name === HELD_OUT ? 30 : 50);
    }
  });

  it("shows both sides of a pair as its file has them, the reward model's scores, and what every rule prefers", async () => {
    const lines = [...rowsIn(left("models", "reward-model", "data", "held-out.jsonl"))] as unknown as Record<"chosen" | "rejected", { id: string }>[];
    const verdicts = judged();
    for (const place of [0, 5, lines.length - 1]) {
      const answer = await pair(HELD_OUT, place);
      expect([answer.chosen.trajectory.row.id, answer.rejected.trajectory.row.id]).to.deep.equal([
        lines[place]?.chosen.id,
        lines[place]?.rejected.id,
      ]);
      expect(answer.scores).to.deep.equal({ chosen: verdicts[place]?.chosenScore, rejected: verdicts[place]?.rejectedScore });
      expect(answer.pair.margin).to.equal(marginOf(verdicts[place] as JudgedLine));
      expect(answer.pair.rules).to.deep.equal(verdicts[place]?.rules ?? null);
      expect(answer.judge).to.equal("reward-model");
    }
    expect((await pair(HELD_OUT, 1)).previous).to.equal(0);
    expect((await pair(HELD_OUT, lines.length - 1)).next).to.equal(null);
    expect((await pair(HELD_OUT, lines.length - 1)).rejected.inRun, "an edit is in no store").to.equal(false);
    expect((await pair(HELD_OUT, 0)).chosen.inRun).to.equal(true);
  });

  it("gives a pair of a data set the margin that it has among the held-out ones, and none to others", async () => {
    const lines = [...rowsIn(left("models", "reward-model", "data", "held-out.jsonl"))] as unknown as { chosen: { id: string }; kind: string }[];
    const known = new Map(lines.map(({ chosen, kind }, place) => [`${kind} ${chosen.id}`, marginOf(judged()[place] as JudgedLine)]));
    let scored = 0;
    for (const { place, margin } of await allPairs("set=preferences")) {
      if (place % 7 > 0) continue;
      const { chosen } = await pair("preferences", place);
      expect(margin, `${place}`).to.equal(known.get(`repair ${chosen.trajectory.row.id}`) ?? null);
      if (margin !== null) scored++;
    }
    expect(scored).to.be.greaterThan(2);
  });

  it("is narrowed to the pairs that the reward model gets wrong, which are as many as its report says; sorted by margin, none is lost", async () => {
    const margins = judged().map(marginOf);
    const wrong = await allPairs(`set=${encodeURIComponent(HELD_OUT)}&told=wrong`);
    expect(wrong.map(({ place }) => place)).to.deep.equal(margins.flatMap((margin, place) => (margin !== null && margin <= 0 ? [place] : [])));
    const { models } = await viewing.json<RewardModelsAnswer>(`${at}/reward-models`);
    expect(models.map(({ name, set }) => [name, set])).to.deep.equal([["reward-model", HELD_OUT]]);
    expect(models[0]?.report).to.deep.equal(readSummary(runDir).rewardModel);
    expect(1 - wrong.length / (models[0]?.report.pairs ?? 0)).to.be.closeTo(models[0]?.report.accuracy.value ?? -1, 1e-9);
    const sorted = margins.filter((margin) => margin !== null).sort((a, b) => a - b);
    expect((await allPairs(`set=${encodeURIComponent(HELD_OUT)}&sort=margin`)).map(({ margin }) => margin)).to.deep.equal(sorted);
    expect((await allPairs(`set=${encodeURIComponent(HELD_OUT)}&sort=margin&order=desc`)).map(({ margin }) => margin)).to.deep.equal(
      sorted.toReversed(),
    );
    const inOrder = (await allPairs(`set=${encodeURIComponent(HELD_OUT)}&told=wrong&sort=margin`)).map(({ place }) => place);
    const walked = [inOrder[0] ?? -1];
    for (let next: number | null = walked[0] ?? null; next !== null; ) {
      next = (await viewing.json<PairAnswer>(`${at}/pairs/${encodeURIComponent(HELD_OUT)}/${next}?told=wrong&sort=margin`)).next;
      if (next !== null) walked.push(next);
    }
    expect(walked, "one after another").to.deep.equal(inOrder);
    const edits = await pairs(`set=${encodeURIComponent(HELD_OUT)}&kind=${encodeURIComponent("edit: flipped-sign")}`);
    expect(edits.kinds).to.deep.equal(["edit: flipped-sign", "repair", "sibling"]);
    expect(edits.rows.every(({ edit }) => edit === "flipped-sign")).to.equal(true);
  });

  it("has the evaluation that `autotraj stats` has, and question by question who of two is right", async () => {
    const { summary, answered } = await viewing.json<EvaluationAnswer>(`${at}/evaluation`);
    expect(summary).to.deep.equal(JSON.parse(JSON.stringify(readSummary(runDir).evaluation)));
    expect(answered.map(({ model, questions }) => [model, questions])).to.deep.equal(
      Object.keys(EVALUATED.right).map((model) => [model, EVALUATED.questions]),
    );
    const first = await viewing.json<QuestionPage>(`${at}/evaluation/questions?a=rl&b=base`);
    const known = summary?.comparisons.find(({ model, against }) => model === "rl" && against === "base");
    const comparison = (a: string, b: string) => viewing.json<ComparisonAnswer>(`${at}/evaluation/comparison?${new URLSearchParams({ a, b })}`);
    expect(await comparison("rl", "base")).to.deep.equal(known);
    expect([first.counts.a, first.counts.b]).to.deep.equal([known?.better, known?.worse]);
    expect(first.counts.both + first.counts.a).to.equal(
      Math.round((summary?.models.find(({ model }) => model === "rl")?.greedy?.value ?? 0) * EVALUATED.questions),
    );
    const rows: QuestionRow[] = [...first.rows];
    for (let next = first.next; next !== null; ) {
      const page: QuestionPage = await viewing.json<QuestionPage>(`${at}/evaluation/questions?a=rl&b=base&after=${next}`);
      rows.push(...page.rows);
      next = page.next;
    }
    expect(rows.map(({ id }) => id)).to.deep.equal([...rowsIn(left("evaluation", "rl.jsonl"))].map(({ id }) => id));
    const onlyA = await viewing.json<QuestionPage>(`${at}/evaluation/questions?a=rl&b=base&outcome=a`);
    expect(onlyA.rows.map(({ place }) => place)).to.deep.equal(
      rows
        .filter(({ a, b }) => a.right && !b.right)
        .map(({ place }) => place)
        .slice(0, 100),
    );
    const turned = await comparison("base", "rl");
    expect([turned.model, turned.against, turned.better, turned.worse, turned.p]).to.deep.equal([
      "base",
      "rl",
      known?.worse,
      known?.better,
      known?.p,
    ]);
    expect([turned.difference.value, turned.difference.low, turned.difference.high]).to.deep.equal(
      [known?.difference.value, known?.difference.high, known?.difference.low].map((value) => 0 - (value ?? 0)),
    );
    // Which the run itself has not compared.
    const right = (model: string) =>
      new Map(
        (
          [...rowsIn(left("evaluation", `${model}.jsonl`))] as unknown as { id: string; greedy: { scores: { correctness: { value: number } } } }[]
        ).map(({ id, greedy }) => [id, greedy.scores.correctness.value]),
      );
    if (summary === null) return expect.fail("there is no evaluation");
    keepEvaluation(runDir, { ...summary, comparisons: [] });
    try {
      expect(await comparison("rl", "sft")).to.deep.equal({ model: "rl", against: "sft", ...compareModels(right("rl"), right("sft"), 1) });
    } finally {
      keepEvaluation(runDir, summary);
    }
  });

  it("shows both trajectories of a question, the greedy ones or samples", async () => {
    const { rows } = await viewing.json<QuestionPage>(`${at}/evaluation/questions?a=rl&b=base&outcome=a`);
    const question = encodeURIComponent(rows[0]?.id ?? "");
    const stored = (model: string) =>
      [...rowsIn(left("evaluation", `${model}.jsonl`))].find(({ id }) => id === rows[0]?.id) as unknown as {
        greedy: { id: string };
        samples: { id: string }[];
      };
    const greedy = await viewing.json<AnswersAnswer>(`${at}/evaluation/answers?question=${question}&a=rl&b=base`);
    expect([greedy.a.trajectory.row.id, greedy.b.trajectory.row.id]).to.deep.equal([stored("rl").greedy.id, stored("base").greedy.id]);
    expect([greedy.a.right[0], greedy.b.right[0]]).to.deep.equal([true, false]);
    expect(greedy.a.right.slice(1).filter(Boolean)).to.have.length(rows[0]?.a.samplesRight ?? -1);
    const sample = await viewing.json<AnswersAnswer>(`${at}/evaluation/answers?question=${question}&a=rl&b=base&sampleB=2`);
    expect(sample.b.trajectory.row.id).to.equal(stored("base").samples[1]?.id);
    const { text } = await viewing.json<TextAnswer>(`${at}/${sample.b.trajectory.textsAt}message=1&from=0`);
    expect(text).to.equal(sample.b.trajectory.question);
  });

  it("has the steps of every backend: of what was done twice the later, and nothing of a line that was cut off", async () => {
    const { stages, state } = await viewing.json<TrainingAnswer>(`${at}/training`);
    expect(state).to.equal("finished");
    expect(stages.map(({ name, stage }) => [name, stage])).to.deep.equal([
      ["sft", "sft"],
      ["reward-model", "reward-model"],
      ["rl", "rl"],
      ["rl-verl", "rl"],
      ["sft-factory", "sft"],
    ]);
    const of = (name: string) => stages.find((stage) => stage.name === name) as TrainedStage;
    const upTo = (most: number) => Array.from({ length: most }, (_, step) => step + 1);
    expect(of("rl").curves).to.deep.include({ steps: upTo(100), total: 100, every: 1, problem: null });
    expect(of("rl").curves.metrics["terms/outcome"]?.at(-1)).to.be.closeTo(100 / 90, 1e-12);
    expect(of("rl-verl").curves.steps).to.deep.equal(upTo(50));
    expect(of("rl-verl").curves.metrics["critic/rewards/mean"]?.[26]).to.be.closeTo(27 / 80, 1e-12);
    expect(of("sft-factory").curves).to.deep.include({ steps: upTo(40), total: 40 });
    expect(of("sft-factory").curves.metrics).to.have.all.keys("loss", "lr", "epoch");
    expect(of("sft").metrics).to.deep.equal({ steps: 120, trainLoss: 0.5, heldOutLoss: 0.6 });
  });

  it("draws every so many-th of many steps, and always the last", async () => {
    const log = left("models", "sft", "progress.jsonl");
    const before = readFileSync(log);
    appendFileSync(
      log,
      Array.from({ length: 5000 }, (_, at) => `${JSON.stringify({ step: 121 + at, total: 5120, metrics: { loss: at } })}\n`).join(""),
    );
    const { stages } = await viewing.json<TrainingAnswer>(`${at}/training`);
    const curves = stages.find(({ name }) => name === "sft")?.curves;
    expect(curves?.every).to.equal(3);
    expect(curves?.steps.length).to.be.at.most(2000);
    expect(curves?.steps.at(-1)).to.equal(5120);
    writeFileSync(log, before);
  });

  it("follows files that are written anew: the pairs of before are gone", async () => {
    const [file, aside] = [left("datasets", "siblings.jsonl"), left("aside.jsonl")];
    copyFileSync(file, aside);
    const lines = readFileSync(file, "utf8").split("\n");
    writeFileSync(file, `${lines.slice(3, 8).join("\n")}\n`);
    const stale = await viewing.ask(`${at}/pairs/siblings/0`);
    expect(stale.status).to.be.oneOf([200, 409]);
    while ((await pairs("set=siblings")).sets.find(({ name }) => name === "siblings")?.pairs !== 5) await pause();
    const { chosen } = await pair("siblings", 0);
    expect(chosen.trajectory.row.id).to.equal((JSON.parse(lines[3] ?? "") as { chosen: { id: string } }).chosen.id);
    copyFileSync(aside, file);
    rmSync(aside);
  });

  it("is told what was wrong with what it asked", async () => {
    for (const [path, status] of [
      ["pairs/nothing/0", 404],
      [`pairs/preferences/999999`, 404],
      ["pairs/preferences/-1", 400],
      ["pairs?after=x", 400],
      ["pairs/preferences/0/text?side=chosen&message=99", 404],
      ["evaluation/questions?a=rl&b=nothing", 404],
      ["evaluation/answers?question=nothing&a=rl&b=base", 404],
      ["evaluation/answers?question=q-1000000&a=rl&b=base&sampleA=9", 404],
    ] as const)
      expect((await viewing.ask(`${at}/${path}`)).status, path).to.equal(status);
  });
});

describe("a real run with stages, in the viewer", () => {
  it("shows what its stages have left: pairs with margins, models, steps", async () => {
    const stages = new StagesRun();
    const extra = { terms: { use: fixture("reward-terms") } };
    await stages.start({ stages: { sft: { model: "base" }, "reward-model": { heldOut: 0.4 }, evaluate: { samples: 2 } }, extra });
    const viewing = new Viewing();
    await viewing.open([stages.at]);
    await viewing.enter();
    await viewing.indexed("out");
    const scored = async () => (await viewing.json<PairPage>(`/api/runs/out/pairs?set=${encodeURIComponent(HELD_OUT)}`)).sets.at(-1);
    while ((await scored())?.complete !== true) await pause();
    const summary = readSummary(stages.at);
    expect((await scored())?.scored)
      .to.equal(summary.rewardModel?.pairs)
      .and.to.be.greaterThan(3);
    const evaluation = await viewing.json<EvaluationAnswer>("/api/runs/out/evaluation");
    expect(evaluation.summary).to.deep.equal(JSON.parse(JSON.stringify(summary.evaluation)));
    const { stages: trained } = await viewing.json<TrainingAnswer>("/api/runs/out/training");
    expect(trained.map(({ name, rows }) => [name, rows])).to.deep.equal(["sft", "reward-model"].map((name) => [name, summary.stages[name]?.rows]));
    expect(trained.every(({ curves }) => curves.steps.length > 0 && curves.problem === null)).to.equal(true);
    await viewing.close();
    stages.remove();
  });
});

describe("a real run with rounds, in the viewer", () => {
  it("shows the pairs of every round, and the margins of its own reward model", async () => {
    const run = new StagesRun();
    await run.start({ stages: { sft: { model: "base" }, "reward-model": { heldOut: 0.4 } }, extra: REWARD, rounds: 2 });
    const viewing = new Viewing();
    await viewing.open([run.at]);
    await viewing.enter();
    await viewing.indexed("out");
    const of = (set: string) => viewing.json<PairPage>(`/api/runs/out/pairs?set=${encodeURIComponent(set)}`);
    while ((await of("")).sets.some(({ complete }) => !complete) || (await of("")).sets.length < 6) await pause();
    expect((await of("")).sets.map(({ name }) => name)).to.have.members([
      ...["preferences", "siblings", "preferences round 2", "siblings round 2"],
      ...[HELD_OUT, `${HELD_OUT} round 2`],
    ]);
    for (const [set, ...file] of [
      ["preferences", "datasets", "preferences.jsonl"],
      ["siblings round 2", "rounds", "2", "datasets", "siblings.jsonl"],
      [`${HELD_OUT} round 2`, "rounds", "2", "models", "reward-model", "data", "held-out.jsonl"],
    ] as const) {
      const lines = [...rowsIn(run.out(...file))] as unknown as { chosen: { id: string } }[];
      expect((await of(set)).count, set).to.equal(lines.length);
      // The model of the first round is right in all that the second one asks: its pairs are edits.
      if (set === "siblings round 2") continue;
      const { chosen } = await viewing.json<PairAnswer>(`/api/runs/out/pairs/${encodeURIComponent(set)}/2`);
      expect(chosen.trajectory.row.id, set).to.equal(lines[2]?.chosen.id);
    }
    const { models } = await viewing.json<RewardModelsAnswer>("/api/runs/out/reward-models");
    expect(models.map(({ name, set }) => [name, set])).to.deep.equal([
      ["reward-model", HELD_OUT],
      ["reward-model round 2", `${HELD_OUT} round 2`],
    ]);
    const { judge, pair } = await viewing.json<PairAnswer>(`/api/runs/out/pairs/${encodeURIComponent(`${HELD_OUT} round 2`)}/0`);
    expect([judge, typeof pair.margin]).to.deep.equal(["reward-model round 2", "number"]);
    await viewing.close();
    run.remove();
  });
});

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type JsonObject, type Plugin, POLICY, ROLLOUT, type TurnRequest } from "../src/kernel/plugin.ts";
import { createRun } from "../src/run/create-run.ts";
import { bare } from "./support/plugins.ts";
import { newFolder } from "./support/presets.ts";
import { inStore } from "./support/runs.ts";

describe("an accepted repair that is asked for again", () => {
  let folder: string;
  let asked: TurnRequest[];
  /** What the policy says when it is asked at the repeats' temperature; an error where it cannot. */
  let repeats: (string | Error)[];
  beforeEach(() => {
    folder = newFolder();
    asked = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Wrong as a candidate (T 0.8), right as a repair (T 0). */
  const student = bare("student", "policy", (api) =>
    api.provide(POLICY, {
      model: "sayer",
      identity: "sayer 1",
      dialects: ["tags"],
      deterministic: true,
      generate: async (request) => {
        asked.push(request);
        const { temperature } = request.sampling;
        const said = temperature === 0.8 ? "7" : temperature === 0 ? "8" : repeats.shift();
        if (said === undefined || said instanceof Error) throw said ?? new Error("not so often");
        return { text: `<answer>${said}</answer>`, finish: "stop", usage: { promptTokens: 1, cachedTokens: 0, completionTokens: 1 } };
      },
    }),
  );
  const gate = bare("gate", "gate", (api) =>
    api.hooks.shouldRepair.tapPromise({}, async ({ items }) =>
      items.map(({ trajectory: { answer } }) =>
        answer === "8" ? { decision: "keep", reason: "right" } : { decision: "repair", reason: "wrong", cause: "wrong" },
      ),
    ),
  );
  const repairer = bare("repairer", "repairer", (api) => {
    const rollout = api.use(ROLLOUT);
    api.hooks.repair.tapPromise({ attempts: 1 }, ({ request, original }) =>
      rollout.write(request, {
        policy: "student",
        key: "repair",
        shown: { question: "Again: what is 3 + 5?" },
        sampling: { temperature: 0 },
        provenance: { origin: "repair", parent: original.trajectory.id },
      }),
    );
  });
  /** Offers what nobody sampled. */
  const writer = bare("writer", "repairer", (api) =>
    api.hooks.repair.tapPromise({}, async ({ original: { trajectory } }) => ({
      ...trajectory,
      answer: "8",
      messages: [...trajectory.messages.slice(0, -1), { role: "assistant", content: "8", text: "<think>5 + 3</think><answer>8</answer>" }],
    })),
  );

  async function repairs(
    settings: { repeats?: number; repeatTemperature?: number },
    by: Readonly<Record<string, Plugin<JsonObject>>> = { repairer },
  ) {
    const run = await createRun({
      plugins: { student, gate, ...by },
      settings: { rollout: { policy: "student", candidates: 1, temperature: 0.8 }, repair: settings },
      questions: [{ id: "q", question: "What is 3 + 5?", answers: ["8"] }],
    });
    await run.start(join(folder, "run"), { cacheDir: join(folder, "cache") });
    return inStore(join(folder, "run"), (store) =>
      [...store.trajectories(["accepted", "refused"])].map(({ fate, verdict, trajectory: { provenance } }) => ({
        ...{ fate, repairer: provenance.repairer, verdict },
      })),
    );
  }

  it("stays where half of the repeats reproduce it, and says how many do", async () => {
    repeats = ["8", "7", "7", "8"];
    expect(await repairs({ repeats: 4 })).to.deep.equal([
      { fate: "accepted", repairer: "repairer", verdict: { decision: "keep", reason: "right; 2 of 4 repeats reproduce it", by: "gate" } },
    ]);
  });

  it("is refused where less than half do, and the next repairer has its turn", async () => {
    repeats = ["8", "7", "7"];
    expect(await repairs({ repeats: 3 }, { repairer, writer })).to.deep.equal([
      {
        fate: "refused",
        repairer: "repairer",
        verdict: { decision: "repair", cause: "unstable", reason: "only 1 of 3 repeats reproduce it", by: "repair.repeats" },
      },
      { fate: "accepted", repairer: "writer", verdict: { decision: "keep", reason: "right", by: "gate" } },
    ]);
  });

  it("is written again from the same prompt, at the repeats' temperature, each time with another seed", async () => {
    repeats = ["8", "8"];
    await repairs({ repeats: 2, repeatTemperature: 0.6 });
    const [, repair, ...again] = asked;
    expect(again.map(({ sampling }) => sampling)).to.deep.equal([0.6, 0.6].map((temperature) => ({ ...repair?.sampling, temperature })));
    expect(repair?.messages.at(-1)?.content).to.equal("Again: what is 3 + 5?");
    expect(again.map(({ messages }) => messages)).to.deep.equal([repair?.messages, repair?.messages]);
    expect(new Set(asked.map(({ seed }) => seed)).size).to.equal(4);
  });

  it("is not asked for again by default", async () => {
    expect((await repairs({})).map(({ fate }) => fate)).to.deep.equal(["accepted"]);
    expect(asked).to.have.length(2);
  });

  it("is judged by the repeats that could be finished, and refused where none could", async () => {
    repeats = [new Error("busy"), "8", new Error("busy")];
    expect((await repairs({ repeats: 3 })).map(({ verdict }) => verdict?.reason)).to.deep.equal(["right; 1 of 1 repeats reproduce it"]);
  });

  it("is refused where no repeat could be finished: nobody knows whether it was luck", async () => {
    repeats = [new Error("busy"), new Error("busy")];
    expect(await repairs({ repeats: 2 })).to.deep.equal([
      {
        fate: "refused",
        repairer: "repairer",
        verdict: {
          decision: "repair",
          cause: "unjudged",
          reason: "whether it was luck is not known: none of its 2 repeats could be finished",
          by: "repair.repeats",
        },
      },
    ]);
  });

  it("stands as it is where it was not sampled: it would be the same", async () => {
    expect((await repairs({ repeats: 4 }, { writer })).map(({ verdict }) => verdict?.reason)).to.deep.equal(["right"]);
    expect(asked).to.have.length(1);
  });
});

import { expect } from "chai";
import { parseJson } from "../src/data/exact-json.ts";
import type { Judge } from "../src/kernel/hooks.ts";
import type { JsonObject, RepairCase, ShouldRepair, Trajectory, Verdict } from "../src/kernel/plugin.ts";
import { failureOf, messageOfFailure } from "./support/failures.ts";
import { lifecycleOf, plugin } from "./support/lifecycle.ts";
import { candidate, query, request, scored, trajectory } from "./support/trajectories.ts";

describe("shouldRepair", () => {
  const gate = (id: string, verdicts: ShouldRepair) => plugin(id, "gate", (hooks) => hooks.shouldRepair.tapPromise({}, verdicts));
  const keep: Verdict = { decision: "keep", reason: "right" };
  const items = [scored(), scored()];
  const ask = (...gates: ReturnType<typeof gate>[]) => lifecycleOf(gates).lifecycle.shouldRepair({ query: query(), subject: "candidates", items });

  const wrong: Verdict = { decision: "repair", reason: "wrong", cause: "wrong" };
  const short: Verdict = { decision: "repair", reason: "too long", cause: "poor" };
  const hopeless: Verdict = { decision: "discard", reason: "hopeless", cause: "failed" };

  it("keeps what every gate keeps that does not abstain, and lets the strictest decide over the rest", async () => {
    for (const [first, second, expected] of [
      [keep, keep, { decision: "keep", reason: "right; right", by: "first, second" }],
      [keep, wrong, { ...wrong, by: "second" }],
      [wrong, keep, { ...wrong, by: "first" }],
      [wrong, short, { ...wrong, reason: "wrong; too long", by: "first, second" }],
      [wrong, hopeless, { ...hopeless, by: "second" }],
      [hopeless, wrong, { ...hopeless, by: "first" }],
    ] as const) {
      const [verdict] = await ask(
        gate("shy", async () => undefined),
        gate("first", async () => [first, keep]),
        gate("second", async () => [second, keep]),
        gate("shy too", async () => undefined),
      );
      expect(verdict).to.deep.equal(expected);
    }
  });

  it("asks every gate about every trajectory, with the verdicts before its own", async () => {
    const seen: (Verdict | undefined)[][] = [];
    const noting = (id: string, verdicts: readonly Verdict[]) =>
      gate(id, async (gateCase) => {
        seen.push(gateCase.items.map(({ verdict }) => verdict));
        return verdicts;
      });
    await ask(noting("first", [keep, wrong]), noting("second", [hopeless, keep]), noting("third", [keep, keep]));
    expect(seen).to.deep.equal([
      [undefined, undefined],
      [
        { ...keep, by: "first" },
        { ...wrong, by: "first" },
      ],
      [
        { ...hopeless, by: "second" },
        { ...wrong, by: "first" },
      ],
    ]);
  });

  it("shows gates no verdict that was given elsewhere", async () => {
    const judged = items.map((item) => ({ ...item, verdict: hopeless }));
    const keeping = lifecycleOf([gate("g", async ({ items: asked }) => asked.map(({ verdict }) => verdict ?? keep))]).lifecycle;
    expect(await keeping.shouldRepair({ query: query(), subject: "candidates", items: judged })).to.deep.equal(
      items.map(() => ({ ...keep, by: "g" })),
    );
  });

  it("discards where no gate says anything", async () => {
    const silent = { decision: "discard", reason: "no gate gave a verdict", cause: "no verdict" };
    expect(await ask(gate("shy", async () => undefined))).to.deep.equal([silent, silent]);
    expect(await ask()).to.deep.equal([silent, silent]);
  });

  const LIST = "It must return a list with one verdict per trajectory, in their order, or nothing to abstain.";
  const VERDICTS = 'It must return verdicts as { decision: "keep" | "repair" | "discard", reason }.';

  for (const [returned, what] of [
    [[keep], "1 verdict for 2 trajectories"],
    [null, "null for 2 trajectories"],
    [false, "false for 2 trajectories"],
    [keep, "an object for 2 trajectories"],
    [[keep, { decision: "maybe", reason: "" }], 'the decision "maybe"'],
    [[keep, undefined], "the decision undefined"],
    [[keep, { decision: "repair" }], "a verdict without a reason"],
  ] as const) {
    it(`refuses ${what}: it must not win by accident`, async () => {
      expect(await messageOfFailure(ask(gate("odd", async () => returned as never)))).to.equal(
        `[ATRAJ_HOOK_RESULT] plugin "odd" (autotraj-odd): its tap of "shouldRepair" returned ${what}, query q-1. ${what.includes(" for ") ? LIST : VERDICTS}`,
      );
    });
  }
});

describe("repair", () => {
  const original = scored();
  type Repairer = (repairCase: RepairCase) => Trajectory | undefined;
  const repairer = (id: string, repair: Repairer, attempts?: number) =>
    plugin(id, "repairer", (hooks) =>
      hooks.repair.tapPromise({ ...(attempts === undefined ? {} : { attempts }) }, async (repairCase) => repair(repairCase)),
    );
  /** Offers the answer `answer`, or `answer 0`, `answer 1`, … by attempt. */
  const offering =
    (answer: string): Repairer =>
    ({ attempt }) =>
      trajectory({ answer: `${answer} ${attempt}` });
  const accepting =
    (...answers: string[]): Judge =>
    async (repaired) => ({
      scored: { trajectory: repaired, scores: { correctness: { value: 0 } } },
      verdict: answers.includes(repaired.answer ?? "") ? { decision: "keep", reason: "right" } : { decision: "repair", reason: "still wrong" },
    });
  const repairWith = (plugins: readonly ReturnType<typeof repairer>[], judge: Judge) => {
    const { lifecycle, incidents } = lifecycleOf(plugins);
    return { outcome: lifecycle.repair({ request: request(), original, siblings: [] }, judge), incidents };
  };

  it("lets each repairer try as often as it asked for, in the preset's order", async () => {
    const { outcome } = repairWith([repairer("a", offering("a"), 2), repairer("b", offering("b")), repairer("c", offering("c"), 3)], accepting());
    const { accepted, attempts } = await outcome;
    expect(accepted).to.equal(undefined);
    expect(attempts.map(({ repairer, trajectory: { answer } }) => `${repairer}: ${answer}`)).to.deep.equal([
      "a: a 0",
      "a: a 1",
      "b: b 0",
      "c: c 0",
      "c: c 1",
      "c: c 2",
    ]);
  });

  it("takes a repair whose arguments and schemas hold numbers that a double does not: int64's largest, say", async () => {
    const parameters = parseJson('{"type":"object","properties":{"id":{"type":"integer","maximum":9223372036854775807}}}') as JsonObject;
    const call = { id: "c", name: "find", arguments: parseJson('{"id":12345678901234567890}') as JsonObject };
    const turns = [
      { role: "assistant", content: "", toolCalls: [call] },
      { role: "tool", toolCallId: "c", name: "find", content: "7", ok: true },
      { role: "assistant", content: "7" },
    ] as const;
    const offered = { ...trajectory({ dialect: "native", turns }), tools: [{ name: "find", description: "", parameters }] };
    const { outcome, incidents } = repairWith([repairer("a", () => offered)], accepting("7"));
    const { accepted } = await outcome;
    expect(incidents).to.deep.equal([]);
    expect(JSON.stringify(accepted?.trajectory)).to.contain('"maximum":9223372036854775807').and.to.contain('"id":12345678901234567890');
  });

  it("stops at the first accepted attempt", async () => {
    let asked = 0;
    const { outcome } = repairWith(
      [
        repairer("a", offering("a"), 5),
        repairer("b", () => {
          asked++;
          return undefined;
        }),
      ],
      accepting("a 1"),
    );
    const { accepted, attempts } = await outcome;
    expect(accepted?.trajectory.answer).to.equal("a 1");
    expect(accepted?.verdict).to.deep.equal({ decision: "keep", reason: "right" });
    expect(attempts.map(({ trajectory: { answer } }) => answer)).to.deep.equal(["a 0"]);
    expect(asked).to.equal(0);
  });

  it("shows the next repairer every refused attempt with its scores and verdict", async () => {
    const seen: unknown[] = [];
    const watching: Repairer = (repairCase) => {
      seen.push(repairCase.attempts.map((attempt) => [attempt.repairer, attempt.scores["correctness"], attempt.verdict?.reason]));
      return trajectory({ answer: `seen ${repairCase.attempt}` });
    };
    await repairWith([repairer("a", offering("a")), repairer("b", watching, 2)], accepting()).outcome;
    const refused = (id: string) => [id, { value: 0 }, "still wrong"];
    expect(seen).to.deep.equal([[refused("a")], [refused("a"), refused("b")]]);
  });

  it("ends for good where the gate discards", async () => {
    const { outcome } = repairWith([repairer("a", offering("a"), 3), repairer("b", offering("b"))], async (repaired) => ({
      scored: { trajectory: repaired, scores: {} },
      verdict: { decision: "discard", reason: "hopeless" },
    }));
    const { accepted, attempts } = await outcome;
    expect(accepted).to.equal(undefined);
    expect(attempts.map(({ verdict }) => verdict?.reason)).to.deep.equal(["hopeless"]);
  });

  it("passes by a repairer that has nothing to offer, without asking it again", async () => {
    let asked = 0;
    const idle: Repairer = () => {
      asked++;
      return undefined;
    };
    const { outcome } = repairWith([repairer("idle", idle, 4), repairer("b", offering("b"))], accepting("b 0"));
    expect((await outcome).accepted?.trajectory.provenance.repairer).to.equal("b");
    expect(asked).to.equal(1);
  });

  it("takes a repairer that throws for one that offered nothing, and reports it", async () => {
    const throwing: Repairer = () => {
      throw new Error("no idea");
    };
    const { outcome, incidents } = repairWith([repairer("a", throwing), repairer("b", offering("b"))], accepting("b 0"));
    expect((await outcome).accepted?.trajectory.answer).to.equal("b 0");
    expect(incidents).to.deep.equal([
      {
        who: "a",
        what: `its tap of "repair" failed, trajectory ${original.trajectory.id}: no idea`,
      },
    ]);
  });

  for (const [returned, what] of [
    [null, "null"],
    [{ ...candidate(0), messages: "none" }, "no valid trajectory (/messages must be array)"],
    [{ ...candidate(0), extra: 1 }, "no valid trajectory (the value must NOT have additional properties)"],
    [candidate(0, query("other")), "a trajectory of another query"],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { outcome, incidents } = repairWith([repairer("a", () => returned as never)], accepting());
      expect(await outcome).to.deep.equal({ attempts: [] });
      expect(incidents.map((incident) => incident.what)).to.deep.equal([
        `its tap of "repair" returned ${what}, trajectory ${original.trajectory.id}. It must return a trajectory, as the service ROLLOUT writes one, or nothing where it has none to offer.`,
      ]);
    });
  }

  it("has its lineage signed by the kernel, whatever the repairer claims", async () => {
    const forged = trajectory({
      answer: "7",
      provenance: { origin: "rollout", parent: "t-somebody", repairer: "somebody", attempt: 9, candidate: 2, notes: { exemplars: [] } },
    });
    const { outcome } = repairWith([repairer("honest", () => forged)], accepting("7"));
    const { trajectory: accepted } = (await outcome).accepted ?? {};
    expect(accepted?.provenance).to.deep.equal({
      origin: "repair",
      parent: original.trajectory.id,
      repairer: "honest",
      attempt: 0,
      candidate: 2,
      notes: { exemplars: [] },
    });
    expect(accepted?.id).not.to.equal(forged.id);
  });

  it("fails with the gate: a repair that cannot be judged is not a refused one", async () => {
    const { outcome } = repairWith([repairer("a", offering("a"))], () => Promise.reject(new Error("no gate")));
    await outcome.then(
      () => expect.fail("it worked"),
      (error: Error) => expect(error.message).to.equal("no gate"),
    );
  });

  it("can be turned over to no repairer at all", async () => {
    expect(await repairWith([], accepting()).outcome).to.deep.equal({ attempts: [] });
  });
});

describe("reward", () => {
  it("has one term per tap; a failed one is failed and never zero", async () => {
    const items = [0, 1].map((number) => ({ trajectory: candidate(number), query: query(), scores: {}, group: [] }));
    const { lifecycle } = lifecycleOf([
      plugin("outcome", "reward", (hooks) => hooks.reward.tapPromise({ role: "outcome" }, async () => [{ value: 1 }, { value: -3 }])),
      plugin("model", "reward-model", (hooks) =>
        hooks.reward.tapPromise({ role: "trajectory" }, async () => Promise.reject(new Error("server gone"))),
      ),
      plugin("short", "reward", (hooks) => hooks.reward.tapPromise({ role: "outcome" }, async () => [{ value: 1 }])),
    ]);
    const terms = await lifecycle.reward(items);
    const gone = { failed: `its tap of "reward" failed, a batch of 2: server gone` };
    const wrong = {
      failed: `its tap of "reward" returned 1 reward for 2 trajectories, a batch of 2. It must return a list with one reward per trajectory, in their order.`,
    };
    expect(terms.get("outcome")).to.deep.equal([{ value: 1 }, { value: -3 }]);
    expect(terms.get("model")).to.deep.equal([gone, gone]);
    expect(terms.get("short")).to.deep.equal([wrong, wrong]);
  });
});

describe("a reward term", () => {
  it("says which role it plays, or is refused", async () => {
    const without = plugin("quiet", "reward", (hooks) => hooks.reward.tapPromise({} as never, async () => []));
    expect(await messageOfFailure(() => lifecycleOf([without]))).to.contain(
      '[ATRAJ_PLUGIN_INVALID] plugin "quiet" (autotraj-quiet): its tap of "reward" has the role undefined.',
    );
  });
});

const NO_SETTINGS = { type: "object", additionalProperties: false, properties: {} } as const;

describe("train", () => {
  const trainer = (id: string, stageName: "sft" | "rl") =>
    plugin(id, "trainer", (hooks) =>
      hooks.train.tapPromise({ stageName, settings: NO_SETTINGS }, async () => ({ modelPath: "m", kind: "causal", metrics: {} })),
    );

  it("has exactly one backend per stage", async () => {
    expect(lifecycleOf([trainer("trl", "sft"), trainer("verl", "rl")]).lifecycle.backendOf("rl").name).to.equal("verl");
    expect((await failureOf(() => lifecycleOf([trainer("trl", "sft")]).lifecycle.backendOf("rl"))).code).to.equal("ATRAJ_TRAINER_MISSING");
    expect(await messageOfFailure(() => lifecycleOf([trainer("trl", "rl"), trainer("verl", "rl")]).lifecycle.backendOf("rl"))).to.equal(
      `[ATRAJ_TRAINER_AMBIGUOUS] stage "rl": "trl" and "verl" all offer it.
  Keep one, or name it in stages.rl.trainer.`,
    );
  });
});

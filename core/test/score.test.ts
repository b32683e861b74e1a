import { expect } from "chai";
import type { Score, ScoreItem, ScoreTapOptions } from "../src/kernel/plugin.ts";
import { failureOf, messageOfFailure } from "./support/failures.ts";
import { gate, lifecycleOf, plugin, settle } from "./support/lifecycle.ts";
import { candidate, query, scored } from "./support/trajectories.ts";

const described = { description: "how good" };

/** A scorer that fills its own id's dimension. */
function scorer(id: string, rows: (batch: readonly ScoreItem[]) => unknown, options: Partial<ScoreTapOptions> = {}) {
  return plugin(id, "scorer", (hooks) =>
    hooks.score.tapPromise({ dimensions: { [id]: described }, ...options }, async (batch) => rows(batch) as never),
  );
}

const each = (id: string, value: unknown) => (batch: readonly ScoreItem[]) => batch.map(() => ({ [id]: { value } }));
const pair = [candidate(0), candidate(1)];

async function sheetOf(...scorers: ReturnType<typeof scorer>[]) {
  const { lifecycle, incidents } = lifecycleOf(scorers);
  const rows = await lifecycle.score(query(), pair);
  return { sheet: rows.map(({ scores }) => scores), incidents };
}

describe("scoring", () => {
  it("gives every trajectory, in order, a score for each dimension", async () => {
    const { sheet } = await sheetOf(
      scorer("right", (batch) => batch.map(({ trajectory }) => ({ right: { value: trajectory.provenance.candidate ?? 0 } }))),
      scorer("short", each("short", 0.5)),
    );
    expect(sheet).to.deep.equal([
      { right: { value: 0 }, short: { value: 0.5 } },
      { right: { value: 1 }, short: { value: 0.5 } },
    ]);
  });

  it("writes the sheet in the preset's order, whoever finishes first", async () => {
    const late = gate();
    const scorers = [
      scorer("slow", async (batch) => {
        await late.opened;
        return each("slow", 1)(batch);
      }),
      scorer("fast", (batch) => {
        late.open();
        return each("fast", 1)(batch);
      }),
    ];
    const { sheet } = await sheetOf(...scorers);
    expect(sheet.map((scores) => Object.keys(scores))).to.deep.equal([
      ["slow", "fast"],
      ["slow", "fast"],
    ]);
  });

  it("runs the scorers of one level side by side", async () => {
    const both = [gate(), gate()];
    const meeting = (id: string, mine: number, other: number) =>
      scorer(id, async (batch) => {
        both[mine]?.open();
        await both[other]?.opened;
        return each(id, 1)(batch);
      });
    expect((await sheetOf(meeting("a", 0, 1), meeting("b", 1, 0))).sheet[0]).to.have.all.keys("a", "b");
  });

  it("shows a scorer what it needs, and nothing that its neighbours are filling", async () => {
    const seen: string[][] = [];
    const look = (id: string, needs: readonly string[]) =>
      scorer(
        id,
        (batch) => {
          seen.push([id, ...Object.keys(batch[0]?.scores ?? {})]);
          return each(id, 1)(batch);
        },
        { needs },
      );
    await sheetOf(look("length", ["right"]), look("style", ["right"]), look("total", ["length", "style"]), look("right", []));
    expect(seen).to.deep.equal([["right"], ["length", "right"], ["style", "right"], ["total", "right", "length", "style"]]);
  });

  it("shows a scorer all candidates of the query, frozen", async () => {
    const { sheet } = await sheetOf(
      scorer("share", (batch) => {
        expect(Object.isFrozen(batch)).to.equal(true);
        expect(Object.isFrozen(batch[0]?.scores)).to.equal(true);
        return batch.map(({ group }) => ({ share: { value: 1 / group.length } }));
      }),
    );
    expect(sheet[0]).to.deep.equal({ share: { value: 0.5 } });
  });

  it("shows the parent of a repair", async () => {
    const parent = scored();
    const { lifecycle } = lifecycleOf([
      scorer("gain", (batch) => batch.map((item) => ({ gain: { value: item.parent?.trajectory.id === parent.trajectory.id ? 1 : 0 } }))),
    ]);
    const [row] = await lifecycle.score(query(), [candidate(3)], { parent, siblings: [] });
    expect(row?.scores).to.deep.equal({ gain: { value: 1 } });
  });

  it("gives nobody anything that could be changed for the others", async () => {
    const parent = scored();
    const { lifecycle, incidents } = lifecycleOf([
      scorer("cheat", (batch) => {
        for (const { trajectory, query: asked } of batch) (trajectory as { answer?: string }).answer = asked.answers[0] ?? "";
        return each("cheat", 1)(batch);
      }),
      scorer("deep", (batch) => {
        const places = batch.flatMap(({ trajectory, query: asked, group, parent: before, siblings }) => [
          trajectory.messages,
          trajectory.messages[0],
          trajectory.provenance,
          asked.answers,
          group,
          group[0],
          before?.trajectory.messages[1],
          before?.scores,
          before?.verdict,
          siblings,
        ]);
        return batch.map(() => ({ deep: { value: places.every((place) => Object.isFrozen(place)) ? 1 : 0 } }));
      }),
    ]);
    const wrong = { ...candidate(3), answer: "8" };
    const [row] = await lifecycle.score(query(), [wrong], { parent, siblings: [scored()] });
    expect(row?.trajectory.answer).to.equal("8");
    expect(row?.scores["deep"]).to.deep.equal({ value: 1 });
    expect(row?.scores["cheat"]).to.have.property("failed").that.contains('tried to change "answer" of what it was given');
    expect(incidents).to.have.length(1);
  });

  it("keeps of a score what the contract knows, as a copy", async () => {
    const mine = { value: 1, reason: "short", spans: [{ message: 2, start: 0, end: 3, note: "here", more: 1n }], more: () => {} };
    const { sheet } = await sheetOf(scorer("own", () => [{ own: mine }, { own: mine }]));
    mine.value = 0;
    expect(sheet[0]).to.deep.equal({ own: { value: 1, reason: "short", spans: [{ message: 2, start: 0, end: 3, note: "here" }] } });
    expect(Object.isFrozen(sheet[0]?.["own"])).to.equal(true);
    expect(Object.isFrozen(mine)).to.equal(false);
  });

  it("takes skipped and failed scores as they are", async () => {
    const { sheet } = await sheetOf(scorer("right", () => [{ right: { skipped: "no gold answer" } }, { right: { failed: "no parser" } }]));
    expect(sheet).to.deep.equal([{ right: { skipped: "no gold answer" } }, { right: { failed: "no parser" } }]);
  });
});

describe("a failing scorer", () => {
  const good = scorer("good", each("good", 1));
  const ROWS = "It must return a list with one row per trajectory, in their order.";
  const NUMBER = 'A value is a number from 0 to 1; where there is none, give { skipped: "why" } or { failed: "why" }';
  const RANGE = "A value is a number from 0 to 1; a dimension that has another range declares it: { description, range: [least, most] }";

  for (const [what, rows, failed] of [
    [
      "throws",
      () => {
        throw new Error("out of memory");
      },
      `its tap of "score" failed, query q-1: out of memory`,
    ],
    ["returns too few rows", () => [{ bad: { value: 1 } }], `its tap of "score" returned 1 row for 2 trajectories, query q-1. ${ROWS}`],
    ["returns no rows at all", () => undefined, `its tap of "score" returned undefined for 2 trajectories, query q-1. ${ROWS}`],
    ["returns one sheet for all", () => ({ bad: { value: 1 } }), `its tap of "score" returned an object for 2 trajectories, query q-1. ${ROWS}`],
  ] as const) {
    it(`that ${what} loses its own dimension and no other`, async () => {
      const { sheet, incidents } = await sheetOf(scorer("bad", rows), good);
      expect(sheet).to.deep.equal([
        { bad: { failed }, good: { value: 1 } },
        { bad: { failed }, good: { value: 1 } },
      ]);
      expect(incidents).to.deep.equal([{ who: "bad", what: failed }]);
    });
  }

  for (const [what, score, failed] of [
    ["NaN", { value: Number.NaN }, `"bad" gave NaN for "bad". ${NUMBER}`],
    ["Infinity", { value: Number.POSITIVE_INFINITY }, `"bad" gave Infinity for "bad". ${NUMBER}`],
    ["a string", { value: "high" }, `"bad" gave "high" for "bad". ${NUMBER}`],
    ["a reason that is none", { value: 1, reason: 5 }, '"bad" gave a reason that is no text for "bad"'],
    ["a skip without a reason", { skipped: true }, '"bad" gave no text as the reason of a skip for "bad"'],
    ["a failure without a reason", { failed: true }, '"bad" gave no text as the reason of a failure for "bad"'],
    ["spans that are no list", { value: 1, spans: {} }, '"bad" gave spans that are no list of { message, start, end } for "bad"'],
    [
      "spans without an end",
      { value: 1, spans: [{ message: 0, start: 0 }] },
      '"bad" gave spans that are no list of { message, start, end } for "bad"',
    ],
    ["no value", {}, `"bad" gave undefined for "bad". ${NUMBER}`],
    ["undefined", undefined, `"bad" gave no score for "bad". ${NUMBER}`],
    ["null", null, `"bad" gave null for "bad". ${NUMBER}`],
    ["a bare number", 1, '"bad" gave the bare number 1 for "bad". A score is an object: { value: 1 }'],
    ["more than its range", { value: 1.01 }, `"bad" gave 1.01 for "bad". ${RANGE}`],
    ["less than its range", { value: -0.01 }, `"bad" gave -0.01 for "bad". ${RANGE}`],
  ] as const) {
    it(`that gives ${what} has failed for this trajectory only`, async () => {
      const { sheet, incidents } = await sheetOf(
        scorer("bad", () => [{ bad: score }, { bad: { value: 0.5 } }]),
        good,
      );
      expect(sheet).to.deep.equal([
        { bad: { failed }, good: { value: 1 } },
        { bad: { value: 0.5 }, good: { value: 1 } },
      ]);
      expect(incidents).to.deep.equal([{ who: "bad", what: `query q-1: ${failed}` }]);
    });
  }

  it("that speaks of a dimension of another has failed for this trajectory", async () => {
    const { sheet, incidents } = await sheetOf(
      scorer("bad", () => [{ bad: { value: 1 }, good: { value: 0 } }, { bad: { value: 1 } }]),
      good,
    );
    const failed = '"bad" gave a score for "good", which it does not declare. It declares: bad.';
    expect(sheet).to.deep.equal([
      { bad: { failed }, good: { value: 1 } },
      { bad: { value: 1 }, good: { value: 1 } },
    ]);
    expect(incidents).to.deep.equal([{ who: "bad", what: `query q-1: ${failed}` }]);
  });

  it("ends the run where it fails on ten questions in a row, whatever the preset says", async () => {
    let works = false;
    const { lifecycle } = lifecycleOf([scorer("bad", (batch) => each("bad", works ? 1 : Number.NaN)(batch)), good]);
    const ask = (id: string) => lifecycle.score(query(id), pair);
    for (let index = 0; index < 9; index++) await ask(`q-${index}`);
    // Repairs of the same question count once; one success begins anew.
    await ask("q-8");
    works = true;
    await ask("q-9");
    works = false;
    for (let index = 0; index < 9; index++) await ask(`q-${index}`);
    expect((await failureOf(ask("q-9"))).message).to.equal(
      `[ATRAJ_SCORER_FAILED] scorer "bad": it failed on 10 questions in a row; the last: "bad" gave NaN for "bad". ${NUMBER}
  Nothing is lost: correct it, then \`autotraj resume\` scores again; calls that were made are not made again.`,
    );
  });

  it("does not fail by skipping everything", async () => {
    const { lifecycle } = lifecycleOf([scorer("picky", (batch) => batch.map(() => ({ picky: { skipped: "no gold answer" } })))]);
    for (let index = 0; index < 30; index++) await lifecycle.score(query(`q-${index}`), pair);
  });

  it("that gives a row of null has failed for this trajectory", async () => {
    const { sheet } = await sheetOf(scorer("bad", () => [null, { bad: { value: 1 } }]));
    expect(sheet[0]).to.deep.equal({ bad: { failed: '"bad" gave null for a trajectory. A row names its dimensions: { bad: { value } }' } });
  });

  it("is held to the range it declares itself", async () => {
    const wide = { dimensions: { reward: { ...described, range: [-5, 5] as const } } };
    const { sheet } = await sheetOf(
      scorer("reward", () => [{ reward: { value: -5 } }, { reward: { value: 5.5 } }] satisfies Record<string, Score>[], wide),
    );
    expect(sheet).to.deep.equal([
      { reward: { value: -5 } },
      {
        reward: {
          failed:
            '"reward" gave 5.5 for "reward". A value is a number from -5 to 5; a dimension that has another range declares it: { description, range: [least, most] }',
        },
      },
    ]);
  });

  it("ends the run where the preset says so, also by what it returns", async () => {
    const { lifecycle } = lifecycleOf([scorer("bad", each("bad", Number.NaN))], { onScorerError: "fail" });
    expect((await failureOf(lifecycle.score(query(), pair))).message.split("\n")[0]).to.equal(
      `[ATRAJ_SCORER_FAILED] scorer "bad": query q-1: "bad" gave NaN for "bad". ${NUMBER}`,
    );
  });

  it("ends the run where the preset says so, after its neighbours are done", async () => {
    const neighbour = gate();
    let done = false;
    const slow = scorer("slow", async (batch) => {
      await neighbour.opened;
      done = true;
      return each("slow", 1)(batch);
    });
    const { lifecycle } = lifecycleOf([scorer("bad", () => Promise.reject(new Error("no"))), slow], { onScorerError: "fail" });
    let ended = false;
    const work = failureOf(lifecycle.score(query(), pair)).finally(() => {
      ended = true;
    });
    await settle();
    expect(ended).to.equal(false);
    neighbour.open();
    expect((await work).message.split("\n")[0]).to.equal(`[ATRAJ_SCORER_FAILED] scorer "bad": its tap of "score" failed, query q-1: no`);
    expect(done).to.equal(true);
  });
});

describe("dimensions", () => {
  it("belong to one scorer", async () => {
    const two = [scorer("a", each("a", 1)), scorer("b", each("a", 1), { dimensions: { a: described } })];
    expect(await messageOfFailure(() => lifecycleOf(two))).to.equal(
      `[ATRAJ_DIMENSION_CONFLICT] plugin "b" (autotraj-b): it fills the dimension "a", which "a" fills already.
  Remove one of the two from the preset, or give one another dimension name in its options.`,
    );
  });

  it("that are needed have to be there", async () => {
    expect(
      await messageOfFailure(() => lifecycleOf([scorer("length", each("length", 1), { needs: ["correctness"] }), scorer("style", each("style", 1))])),
    ).to.equal(
      `[ATRAJ_DIMENSION_MISSING] preset: some plugins cannot get the dimensions they need.
  "length" needs "correctness", which no scorer of the preset fills
  Dimensions there are: length, style. Add the scorer that fills the missing one (e.g. @autotraj/scorer-answer for "correctness").`,
    );
  });

  it("that need each other in a circle cannot be filled", async () => {
    const circle = [scorer("a", each("a", 1), { needs: ["b"] }), scorer("b", each("b", 1), { needs: ["a"] })];
    expect(await messageOfFailure(() => lifecycleOf(circle))).to.equal(
      `[ATRAJ_DIMENSION_MISSING] preset: some plugins cannot get the dimensions they need.
  "a" needs "b", and these wait for it in a circle
  "b" needs "a", and these wait for it in a circle
  Take one of these needs out.`,
    );
  });

  it("have to be declared: a scorer that fills none is refused", async () => {
    for (const options of [{}, { dimensions: {} }]) {
      const none = plugin("mute", "scorer", (hooks) => hooks.score.tapPromise(options as never, async () => []));
      expect(await messageOfFailure(() => lifecycleOf([none]))).to.equal(
        `[ATRAJ_PLUGIN_INVALID] plugin "mute" (autotraj-mute): its tap of "score" declares no dimensions.
  Call it as tapPromise({ dimensions: { name: { description } } }, …).`,
      );
    }
  });
});

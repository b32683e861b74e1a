/** A whole run with the real kernel and the real S: what is poor only beside its sibling, repaired by a copy of itself. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRun, RunStore } from "@autotraj/core";
import type { Score, Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import { bare, saying } from "../../../../test/plugins-in-code.ts";
import quality from "../../../scorers/quality/src/index.ts";
import gate from "../src/index.ts";

const words = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`).join(" ");

/** Briefly right at first, then right in many words. */
function student() {
  let asked = 0;
  return saying("student", () => `<think>${words(asked++ === 0 ? 5 : 40)}</think> <answer>7</answer>`);
}
const right = bare("right", "scorer", (api) =>
  api.hooks.score.tapPromise({ dimensions: { correctness: { description: "right" } } }, async (batch) =>
    batch.map(() => ({ correctness: { value: 1 } })),
  ),
);

describe("a run with the paper's gate", () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-paper-run-")));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Fate, S and cause of all that is written about one question, with this repair offered. */
  async function repairedBy(repair: (poor: Trajectory) => Trajectory) {
    const fix = bare("fix", "repairer", (api) => api.hooks.repair.tapPromise({}, async ({ original }) => repair(original.trajectory)));
    const run = await createRun({
      plugins: { student: student(), right, quality, gate, fix },
      settings: { rollout: { policy: "student", candidates: 2, inFlight: 1 } },
      questions: [{ id: "q", question: "How much is 3 + 4?", answers: ["7"] }],
    });
    await run.start(join(folder, "run"), { cacheDir: join(folder, "cache") });
    const store = RunStore.read(join(folder, "run"));
    const rows = [...store.trajectories(["kept", "hard", "repaired", "refused", "accepted"])];
    store.close();
    const s = (score: Score | undefined) => (score !== undefined && "value" in score ? score.value.toFixed(2) : "none");
    return rows.map(({ fate, scores, verdict }) => [fate, s(scores["quality"]), verdict?.cause]);
  }

  it("takes no copy of a poor trajectory for its repair, though S would rise from .70 to 1 where it stands alone", async () => {
    expect(await repairedBy((poor) => poor)).to.deep.equal([
      ["kept", "1.00", undefined],
      ["hard", "0.70", "poor"],
      ["refused", "0.70", "no better"],
    ]);
  });

  it("is refused before anything is spent where no scorer fills what it requires", async () => {
    const required = [gate, { require: { grouded: 1 } }] as const;
    const run = await createRun({
      plugins: { student: student(), right, quality, gate: required },
      settings: { rollout: { policy: "student" } },
      questions: [{ id: "q", question: "How much is 3 + 4?", answers: ["7"] }],
    });
    const refused = await run.start(join(folder, "run"), { cacheDir: join(folder, "cache") }).catch((thrown: unknown) => thrown);
    expect(refused).to.have.property("code", "ATRAJ_DIMENSION_MISSING");
    expect(refused).to.have.property("message").that.contains('"gate" needs "grouded", which no scorer of the preset fills');
  });

  it("takes a shorter one", async () => {
    const shorter = { role: "assistant", content: "7", text: `<think>${words(4)}</think> <answer>7</answer>` } as const;
    expect(await repairedBy((poor) => ({ ...poor, messages: [...poor.messages.slice(0, -1), shorter] }))).to.deep.equal([
      ["kept", "1.00", undefined],
      ["repaired", "0.70", "poor"],
      ["accepted", "1.00", undefined],
    ]);
  });
});

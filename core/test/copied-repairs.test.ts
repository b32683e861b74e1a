import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { POLICY, type Trajectory } from "../src/kernel/plugin.ts";
import { isCopyOf } from "../src/loop/copied-repair.ts";
import { createRun } from "../src/run/create-run.ts";
import { bare } from "./support/plugins.ts";
import { newFolder } from "./support/presets.ts";
import { inStore } from "./support/runs.ts";
import { type TrajectoryParts, trajectory } from "./support/trajectories.ts";

describe("a repair that copies what it repairs", () => {
  let folder: string;
  let scored: string[];
  beforeEach(() => {
    folder = newFolder();
    scored = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const student = bare("student", "policy", (api) =>
    api.provide(POLICY, {
      model: "sayer",
      identity: "sayer 1",
      dialects: ["tags"],
      deterministic: true,
      generate: async () => ({
        text: "<answer>7</answer>",
        finish: "stop",
        usage: { promptTokens: 1, cachedTokens: 0, completionTokens: 1 },
      }),
    }),
  );
  const counting = bare("counting", "scorer", (api) =>
    api.hooks.score.tapPromise({ dimensions: { style: { description: "nice" } } }, async (batch) =>
      batch.map(({ trajectory: { answer }, parent }) => {
        scored.push(answer ?? "");
        return { style: { value: parent === undefined ? 0.7 : 1 } };
      }),
    ),
  );
  /** As a gate of a third party may be: it looks at the score alone. */
  const trusting = bare("trusting", "gate", (api) =>
    api.hooks.shouldRepair.tapPromise({}, async ({ items }) =>
      items.map(({ scores }) => {
        const style = scores["style"];
        return style !== undefined && "value" in style && style.value === 1
          ? { decision: "keep", reason: "nice" }
          : { decision: "repair", reason: "poor", cause: "poor" };
      }),
    ),
  );
  /** Offers the trajectory itself, then one that says something else. */
  const copier = bare("copier", "repairer", (api) =>
    api.hooks.repair.tapPromise({ attempts: 2 }, async ({ original: { trajectory: copied }, attempt }) =>
      attempt === 0
        ? copied
        : { ...copied, answer: "8", messages: [...copied.messages.slice(0, -1), { role: "assistant", content: "8", text: "<answer>8</answer>" }] },
    ),
  );

  it("is refused before any scorer or gate is asked, and the next attempt has its turn", async () => {
    const run = await createRun({
      plugins: { student, counting, trusting, copier },
      settings: { rollout: { policy: "student", candidates: 1 } },
      questions: [{ id: "q", question: "?", answers: [] }],
    });
    await run.start(join(folder, "run"), { cacheDir: join(folder, "cache") });
    const rows = inStore(join(folder, "run"), (store) => [...store.trajectories(["repaired", "refused", "accepted"])]);
    expect(rows.map(({ fate, trajectory: { answer }, scores, verdict }) => ({ fate, answer, style: scores["style"], verdict }))).to.deep.equal([
      {
        fate: "repaired",
        answer: "7",
        style: { value: 0.7 },
        verdict: { decision: "repair", reason: "poor", cause: "poor", by: "trusting" },
      },
      {
        fate: "refused",
        answer: "7",
        style: { value: 0.7 },
        verdict: { decision: "repair", reason: "it is a copy of what it repairs", cause: "no better" },
      },
      { fate: "accepted", answer: "8", style: { value: 1 }, verdict: { decision: "keep", reason: "nice", by: "trusting" } },
    ]);
    expect(scored).to.deep.equal(["7", "8"]);
  });
});

describe("a copy", () => {
  const turns = (call: { id?: string; code?: string } = {}, result: { content?: string; durationMs?: number } = {}, answer = "7") =>
    [
      {
        role: "assistant",
        content: "",
        reasoning: "I add.",
        toolCalls: [{ id: call.id ?? "c-1", name: "python", arguments: { code: call.code ?? "print(3 + 4)" } }],
      },
      { role: "tool", toolCallId: call.id ?? "c-1", name: "python", content: result.content ?? "7", ok: true, durationMs: result.durationMs ?? 1 },
      { role: "assistant", content: answer },
    ] as const;
  const written = (...given: Parameters<typeof turns>) => trajectory({ turns: turns(...given), dialect: "native" });
  const said = (text: string, parts: TrajectoryParts = {}) => trajectory({ turns: [{ role: "assistant", content: "7", text }], ...parts });
  const original = written();

  it("is one by its text: ids of calls, times and its author do not make it another", () => {
    expect(isCopyOf(written({ id: "c-9" }, { durationMs: 80 }), original)).to.equal(true);
    const author: Trajectory["provenance"] = { origin: "repair", repairer: "llm", attempt: 1 };
    expect(isCopyOf(said("<answer>7</answer>", { provenance: author }), said("<answer>7</answer>"))).to.equal(true);
  });

  it("is one whatever stands before it, and with white space around its turns", () => {
    const asked = said("<answer>7</answer>");
    const prompted: Trajectory = { ...asked, messages: asked.messages.map((one) => (one.role === "system" ? { ...one, content: "Think." } : one)) };
    expect(isCopyOf(prompted, asked)).to.equal(true);
    expect(isCopyOf(said("\n<answer>7</answer>\n"), asked)).to.equal(true);
  });

  it("is one also where the kept turns were written as text and are given as parts", () => {
    const asText = said("<think>I add.</think>\n<answer>7</answer>");
    const asParts = trajectory({ turns: [{ role: "assistant", content: "7", reasoning: "I add." }] });
    expect(isCopyOf(asParts, asText)).to.equal(true);
  });

  it("is none with another call, result, thought or answer, or with a turn more or less", () => {
    expect(isCopyOf(written({ code: "print(4 + 3)" }), original)).to.equal(false);
    expect(isCopyOf(written({}, { content: "8" }), original)).to.equal(false);
    expect(isCopyOf(written({}, {}, "8"), original)).to.equal(false);
    expect(isCopyOf(said("<think>So.</think><answer>7</answer>"), said("<answer>7</answer>"))).to.equal(false);
    expect(isCopyOf(trajectory({ turns: turns().slice(0, 2), dialect: "native" }), original)).to.equal(false);
    expect(isCopyOf(original, trajectory({ turns: turns().slice(0, 2), dialect: "native" }))).to.equal(false);
  });

  it("is none where the same words were said by another", () => {
    const byTool = trajectory({ turns: [turns()[0], turns()[1]], dialect: "native" });
    const byModel = trajectory({ turns: [turns()[0], { role: "assistant", content: "7" }], dialect: "native" });
    expect(isCopyOf(byModel, byTool)).to.equal(false);
  });
});

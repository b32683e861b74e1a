import type { Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import type { Act, AnyDeed } from "../src/acts.ts";
import { curationOf, isLearnt, stateOf } from "../src/state.ts";

/** One after the other, as `a-1`, `a-2`, … */
function after(...deeds: readonly AnyDeed[]) {
  return curationOf(deeds.map((deed, index): Act => ({ id: `a-${index + 1}`, at: "2026-11-30T20:00:00.000Z", by: "anna", position: 0, ...deed })));
}

function edit(on: string, into: string, decision: "keep" | "repair" = "keep"): AnyDeed {
  const trajectory = { id: into, provenance: { origin: "repair", parent: "t-original" } } as Trajectory;
  return { kind: "edit", on, trajectory, scores: {}, verdict: { decision, reason: "" } };
}

const drop = { kind: "drop", on: "t-1" } as const;
const pin = { kind: "pin", on: "t-1" } as const;
const keep = { kind: "verdict", on: "t-1", decision: "keep" } as const;
const refuse = { kind: "verdict", on: "t-1", decision: "refuse" } as const;
const undo = (act: string) => ({ kind: "undo", act }) as const;

describe("what acts come to", () => {
  it("is nothing for a trajectory that nobody has touched: its gate decides", () => {
    for (const [fate, learnt] of [
      ["kept", true],
      ["accepted", true],
      ["hard", false],
      ["refused", false],
      ["repaired", false],
    ] as const) {
      expect(isLearnt(after(), "t-1", fate), fate).to.equal(learnt);
    }
  });

  it("is the latest of those that speak of one thing", () => {
    expect(isLearnt(after(keep), "t-1", "hard")).to.equal(true);
    expect(isLearnt(after(keep, refuse), "t-1", "kept")).to.equal(false);
    expect(isLearnt(after(refuse, keep), "t-1", "hard")).to.equal(true);
    expect(isLearnt(after(drop, pin), "t-1", "kept")).to.equal(true);
    expect(isLearnt(after(pin, drop), "t-1", "kept")).to.equal(false);
  });

  it("is out where one act takes a row out and another puts it in", () => {
    expect(isLearnt(after(keep, drop), "t-1", "kept")).to.equal(false);
    expect(isLearnt(after(pin, refuse), "t-1", "kept")).to.equal(false);
  });

  it("goes back by an undo to what was before, and by an undo of the undo forth again", () => {
    expect(isLearnt(after(keep, refuse, undo("a-2")), "t-1", "hard")).to.equal(true);
    expect(isLearnt(after(drop, undo("a-1")), "t-1", "kept")).to.equal(true);
    const again = after(drop, undo("a-1"), undo("a-2"));
    expect(isLearnt(again, "t-1", "kept")).to.equal(false);
    expect(again.acts.map(({ undoneBy }) => undoneBy)).to.deep.equal([undefined, "a-3", undefined]);
  });

  it("keeps marks, all tags and all notes, each until it is undone", () => {
    const state = stateOf(
      after({ kind: "mark", on: "t-1" }, { kind: "tag", on: "t-1", tag: "a" }, { kind: "tag", on: "t-1", tag: "b" }, undo("a-2"), {
        kind: "note",
        on: "t-1",
        text: "n",
      }),
      "t-1",
    );
    expect(state).to.deep.equal({ marked: true, tags: ["b"], notes: ["n"], edits: [] });
  });

  it("has an accepted edit take the place of what it was made of, a refused one not", () => {
    const accepted = after(edit("t-1", "t-2"));
    expect([isLearnt(accepted, "t-1", "accepted"), isLearnt(accepted, "t-2", "accepted")]).to.deep.equal([false, true]);
    const refused = after(edit("t-1", "t-2", "repair"));
    expect([isLearnt(refused, "t-1", "accepted"), isLearnt(refused, "t-2", "refused")]).to.deep.equal([true, false]);
    const kept = after(edit("t-1", "t-2", "repair"), { kind: "verdict", on: "t-2", decision: "keep" });
    expect([isLearnt(kept, "t-1", "accepted"), isLearnt(kept, "t-2", "refused")]).to.deep.equal([false, true]);
  });

  it("has the original back where the edit is undone, dropped or refused, or the original pinned", () => {
    for (const more of [undo("a-1"), { kind: "drop", on: "t-2" }, { kind: "verdict", on: "t-2", decision: "refuse" }, pin] as const) {
      expect(isLearnt(after(edit("t-1", "t-2"), more), "t-1", "accepted"), more.kind).to.equal(true);
    }
  });

  it("has an edit of an edit stand for both", () => {
    const twice = after(edit("t-1", "t-2"), edit("t-2", "t-3"));
    expect(["t-1", "t-2", "t-3"].map((id) => isLearnt(twice, id, "accepted"))).to.deep.equal([false, false, true]);
    const back = after(edit("t-1", "t-2", "repair"), edit("t-2", "t-3"), undo("a-2"));
    expect(isLearnt(back, "t-1", "accepted")).to.equal(true);
  });

  it("ends though a changed file has two edits made of each other", () => {
    const round = after(edit("t-1", "t-2"), edit("t-2", "t-1"));
    expect(["t-1", "t-2"].map((id) => isLearnt(round, id, "accepted"))).to.deep.equal([false, false]);
  });
});

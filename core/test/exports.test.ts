import { expect } from "chai";
import type { JsonObject, Message, PreferencePair, Trajectory } from "../src/kernel/plugin.ts";
import { ExportTally } from "../src/results/exports.ts";

const user: Message = { role: "user", content: "q" };
const calls = (...ids: readonly string[]): Message => ({
  role: "assistant",
  content: "",
  toolCalls: ids.map((id) => ({ id, name: "f", arguments: {} })),
});
const result = (toolCallId: string): Message => ({ role: "tool", toolCallId, name: "f", content: "1", ok: true });
const says: Message = { role: "assistant", content: "1" };
const trajectory = (...messages: readonly Message[]) => ({ messages, faults: [] as string[] }) as unknown as Trajectory;
const roles = ({ messages }: Trajectory) => messages.map(({ role }) => role[0]).join("");

function written(trajectories: readonly Trajectory[], format: object = {}): { rows: unknown[]; tally: ExportTally } {
  const tally = new ExportTally();
  return { rows: [...tally.sft(trajectories, { sft: roles, ...format })], tally };
}

describe("an export", () => {
  it("cuts what comes after the last turn of the model, and counts it", () => {
    const { rows, tally } = written([trajectory(user, says, user), trajectory(user, calls("x"), result("x")), trajectory(user, says)]);
    expect(rows).to.deep.equal(["ua", "ua", "ua"]);
    expect(tally.turnsCut).to.equal(2);
    expect(tally.leftOut).to.deep.equal({});
    expect(written([trajectory(says, user)]).rows).to.deep.equal(["a"]);
  });

  it("leaves out what has no turn of the model, and what cannot be paired, by reason", () => {
    const unpairedFault = { ...trajectory(user, says), faults: ["unpaired: x"] };
    const { rows, tally } = written([
      trajectory(user),
      trajectory(user, result("x"), says),
      trajectory(user, calls("x", "y"), result("x"), says),
      unpairedFault,
      trajectory(user, calls("x"), result("x"), result("x"), says),
    ]);
    expect(rows).to.deep.equal([]);
    expect(tally.leftOut).to.deep.equal({ "it has no turn of the model": 1, "its calls and results cannot be paired": 4 });
  });

  it("takes a run that ends with open calls", () => {
    expect(written([trajectory(user, calls("x"))]).rows).to.deep.equal(["ua"]);
  });

  it("leaves out results behind later turns where the consumer pairs by position", () => {
    const late = trajectory(user, calls("x", "y"), result("x"), calls("z"), result("z"), result("y"), says);
    expect(written([late]).rows).to.deep.equal(["uatatta"]);
    const { rows, tally } = written([late, trajectory(user, calls("x", "y"), result("x"), result("y"), says)], { pairsByPosition: true });
    expect(rows).to.deep.equal(["uatta"]);
    expect(tally.leftOut).to.deep.equal({ "a result stands after a later turn, and the format pairs results by their order": 1 });
  });

  it("asks the format for its own reasons, and counts rows it gives none for", () => {
    const refuses = ({ messages }: Trajectory) => (messages.length > 2 ? "too long" : undefined);
    expect(written([trajectory(user, says), trajectory(user, says, says)], { refuses }).tally.leftOut).to.deep.equal({ "too long": 1 });
    expect(written([trajectory(user, says)], { sft: () => undefined }).tally.leftOut).to.deep.equal({ "the format cannot say it": 1 });
  });

  it("gives a format no half of a surrogate pair, in rows, pairs and prompts", () => {
    const half = trajectory({ role: "user", content: "q\ud83e" }, { role: "assistant", content: "\udd141" });
    const texts = ({ messages }: Trajectory) => messages.map(({ content }) => content).join("|");
    const preference = ({ query, chosen, rejected }: PreferencePair) => [query.question, texts(chosen), texts(rejected)];
    const pair = { query: { question: "q\ud83e" }, chosen: half, rejected: half } as unknown as PreferencePair;
    const tally = new ExportTally();
    expect([...tally.sft([half], { sft: texts })]).to.deep.equal(["q\ufffd|\ufffd1"]);
    expect([...tally.preferences([pair], { preference })]).to.deep.equal([["q\ufffd", "q\ufffd|\ufffd1", "q\ufffd|\ufffd1"]]);
    expect([...tally.prompts([half], { prompt: texts })]).to.deep.equal(["q\ufffd|\ufffd1"]);
  });

  it("leaves out a pair whose sides are the same as the format has them, under whatever fields that begin so", () => {
    const pair = { chosen: trajectory(user, says), rejected: trajectory(user, says) } as unknown as PreferencePair;
    const written = (...rows: readonly object[]) => {
      const tally = new ExportTally();
      const left = [...rows];
      return {
        rows: [
          ...tally.preferences(
            rows.map(() => pair),
            { preference: () => left.shift() as JsonObject },
          ),
        ],
        leftOut: tally.leftOut,
      };
    };
    const [a, b] = [
      { from: "gpt", value: "a" },
      { from: "gpt", value: "b" },
    ];
    const different = [
      { chosen: [a], rejected: [b] },
      { chosen: a, rejected: a, chosen_segments: [1], rejected_segments: [2] },
      { chosen_turns: [a], rejected_turns: [a, b], chosen_ended: true, rejected_ended: true },
      { better: a, worse: a },
    ];
    expect(written(...different)).to.deep.equal({ rows: different, leftOut: {} });
    const same = [
      { id: 1, chosen: [a], rejected: [{ ...a }] },
      { chosen_turns: [a], rejected_turns: [a], chosen_ended: true, rejected_ended: true },
    ];
    expect(written(...same)).to.deep.equal({ rows: [], leftOut: { "in this format both sides are the same": 2 } });
  });

  it("leaves out a pair where either side cannot be written, and writes prompts of all", () => {
    const tally = new ExportTally();
    const good = trajectory(user, says, user);
    const bad = trajectory(user, calls("x"), says);
    const pair = (chosen: Trajectory, rejected: Trajectory) => ({ chosen, rejected }) as unknown as PreferencePair;
    const preference = ({ chosen, rejected }: PreferencePair) => `${roles(chosen)} ${roles(rejected)}`;
    expect([...tally.preferences([pair(good, good), pair(good, bad), pair(bad, good)], { preference })]).to.deep.equal(["ua ua"]);
    expect(tally.leftOut).to.deep.equal({ "its calls and results cannot be paired": 2 });
    expect(tally.turnsCut).to.equal(2);
    expect([...new ExportTally().prompts([bad, good], { prompt: roles })]).to.deep.equal(["uaa", "uau"]);
  });
});

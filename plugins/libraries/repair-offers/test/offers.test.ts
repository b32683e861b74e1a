import type { RepairCase, Trajectory } from "@autotraj/core/plugin";
import { handedAnswer, handingCall } from "@autotraj/repair-offers/handed-answer";
import { Offers, type Writing } from "@autotraj/repair-offers/offers";
import type { Problem } from "@autotraj/repair-offers/reasons";
import { expect } from "chai";
import { requestWith, trajectoryWith } from "../../../../test/trajectories.ts";

const QUERY = { id: "q1", question: "How many?", answers: ["27", "XXVII"] };
const numbered = (number: number): Trajectory => trajectoryWith({ id: String(number), provenance: { origin: "repair", notes: { try: number } } });
const calling = (code: string): Trajectory =>
  trajectoryWith({ query: QUERY, messages: [{ role: "assistant", content: "", toolCalls: [{ id: "a", name: "python", arguments: { code } }] }] });

function caseWith(parts: Partial<RepairCase> = {}): RepairCase {
  return {
    request: requestWith({ query: QUERY }),
    original: { trajectory: trajectoryWith({}), scores: {} },
    siblings: [],
    attempts: [],
    attempt: 0,
    ...parts,
  };
}

/** Which numbers were written, which of them was offered, and what the log says. */
async function offered(writing: Partial<Writing>, repairCase: RepairCase = caseWith()) {
  const [written, warnings, told]: [number[], string[], string[]] = [[], [], []];
  const log = { debug: () => {}, info: (text: string) => void told.push(text), warn: (text: string) => void warnings.push(text), error: () => {} };
  const offers = new Offers({ id: "fix", log });
  const write = async (number: number) => {
    written.push(number);
    return numbered(number);
  };
  const offer = await offers.next(repairCase, { attempts: 4, write, ...writing });
  offers.sumUp();
  return { offer: offer?.id, written, warnings, told };
}

const refusing =
  (...numbers: readonly number[]) =>
  ({ id }: Trajectory): Problem | undefined =>
    numbers.includes(Number(id)) ? { reason: "no good", details: ` (${id})` } : undefined;
const before = (repairer: string, number: number): RepairCase["attempts"][number] => ({ repairer, trajectory: numbered(number), scores: {} });

describe("what is offered", () => {
  it("is the first that nothing speaks against", async () => {
    expect(await offered({})).to.deep.equal({ offer: "0", written: [0], warnings: [], told: [] });
  });

  it("is the next where something does, which is told once and counted", async () => {
    expect(await offered({ problemIn: refusing(0, 1) })).to.deep.equal({
      offer: "2",
      written: [0, 1, 2],
      warnings: ["refused what was written for query q1: no good (0)"],
      told: ["refused what was written: 2 × no good"],
    });
  });

  it("is nothing when all attempts are used up, or there is nothing more to write", async () => {
    expect((await offered({ problemIn: refusing(0, 1, 2, 3) })).written).to.deep.equal([0, 1, 2, 3]);
    expect(await offered({ write: async () => undefined })).to.include({ offer: undefined });
  });

  it("goes on after what the gate refused of this repairer, also where more were written than offered", async () => {
    expect((await offered({}, caseWith({ attempt: 1, attempts: [before("fix", 0)] }))).written).to.deep.equal([1]);
    expect((await offered({}, caseWith({ attempt: 1, attempts: [before("other", 3), before("fix", 2)] }))).written).to.deep.equal([3]);
    expect((await offered({}, caseWith({ attempt: 1, attempts: [before("fix", 3)] }))).written).to.deep.equal([]);
  });

  it("is what the policy failed to finish, as it is", async () => {
    const write = async () => ({ ...calling("print(27)"), id: "failed", finish: "failed" as const });
    expect((await offered({ write })).offer).to.equal("failed");
  });

  it("is never what hands itself the gold answer", async () => {
    const write = async (number: number) => (number === 0 ? calling("print(27)") : numbered(number));
    expect(await offered({ write })).to.include({ offer: "1" });
    expect((await offered({ write })).warnings).to.deep.equal([
      "refused what was written for query q1: a call holds the gold answer, which neither the question nor a result has given (print(27))",
    ]);
  });
});

describe("the gold answer", () => {
  it("is any of those accepted", () => {
    expect(handingCall(calling('print("XXVII")'))?.program).to.equal('print("XXVII")');
    expect(handingCall(calling("print(20 + 7)"))).to.equal(undefined);
    expect(handingCall({ ...calling("print(27)"), query: { ...QUERY, answers: [] } })).to.equal(undefined);
    expect(handingCall({ ...calling("print(27)"), query: { ...QUERY, answers: [" "] } })).to.equal(undefined);
  });

  it("is told in one short line", () => {
    expect(handedAnswer(calling(`x = 27\n${"# y\n".repeat(1000)}`))?.details)
      .to.match(/^ \(x = 27 # y.{60,}…\)$/)
      .and.have.length.below(100);
  });
});

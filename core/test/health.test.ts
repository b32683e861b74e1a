import { expect } from "chai";
import { newHealth, tellingHealth } from "../src/loop/health.ts";
import { messageOfFailure } from "./support/failures.ts";

describe("what fails again and again", () => {
  function watched() {
    const told: string[] = [];
    let ended = 0;
    const health = newHealth(
      (who, what) => told.push(`${who}: ${what}`),
      () => void ended++,
    );
    return { health, told, ended: () => ended };
  }

  it("is told each time, and ends the run at the tenth time in a row", async () => {
    const { health, told, ended } = watched();
    const error = Object.assign(new Error("no route"), { hint: "Plug it in." });
    for (let index = 0; index < 9; index++) health.failed("policy", "student", error);
    expect(ended()).to.equal(0);
    expect(await messageOfFailure(() => health.failed("policy", "student", error))).to.equal(
      `[ATRAJ_POLICY_FAILED] policy "student": 10 turns in a row could not be had; the last: no route
  Plug it in. Nothing is lost: \`autotraj resume\` goes on from here.`,
    );
    expect(ended()).to.equal(1);
    expect(told).to.deep.equal(Array(10).fill("student: no route"));
  });

  it("begins anew with every success of its own, and only its own", async () => {
    const { health } = watched();
    const fail = (times: number) => {
      for (let index = 0; index < times; index++) health.failed("tool", "python", new Error("gone"));
    };
    fail(9);
    health.worked("tool", "python");
    fail(9);
    health.worked("tool", "search");
    health.worked("policy", "python");
    expect(await messageOfFailure(() => fail(1))).to.equal(
      `[ATRAJ_TOOL_FAILED] tool "python": 10 calls in a row could not be had; the last: gone
  Nothing is lost: \`autotraj resume\` goes on from here.`,
    );
  });

  it("is only told where others are served meanwhile", () => {
    const told: string[] = [];
    const health = tellingHealth((who, what) => told.push(`${who}: ${what}`));
    for (let index = 0; index < 30; index++) health.failed("tool", "python", new Error("gone"));
    expect(told).to.have.length(30);
  });
});

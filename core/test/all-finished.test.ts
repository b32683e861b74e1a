import { expect } from "chai";
import { allFinished } from "../src/kernel/plugin.ts";
import { interrupted } from "../src/kernel/stop.ts";

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => "no failure",
    (error: unknown) => error,
  );
}

describe("work side by side", () => {
  it("gives what each gave, in order, whoever comes first", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const all = allFinished([promise, Promise.resolve("second")]);
    resolve("first");
    expect(await all).to.deep.equal(["first", "second"]);
  });

  it("is not given up by one that fails before the others have finished: none is left running", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let finished = false;
    const slow = promise.then(() => {
      finished = true;
    });
    const failure = failureOf(allFinished([Promise.reject(new Error("early")), slow]));
    const first = await Promise.race([failure, new Promise((done) => setImmediate(() => done("waits")))]);
    expect(first).to.equal("waits");
    resolve();
    expect(await failure).to.have.property("message", "early");
    expect(finished).to.equal(true);
  });

  it("fails by the first in order, not in time, and by an echo of stopping only where nothing else went wrong", async () => {
    const { promise, reject } = Promise.withResolvers<never>();
    const failure = failureOf(allFinished([Promise.reject(interrupted()), promise, Promise.reject(new Error("third"))]));
    reject(new Error("second"));
    expect(await failure).to.have.property("message", "second");
    expect(await failureOf(allFinished([Promise.resolve(1), Promise.reject(interrupted())]))).to.have.property("code", "ATRAJ_INTERRUPTED");
  });
});

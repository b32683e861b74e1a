import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { type FakeServer, startFakeOpenAI } from "../fake-openai/server.ts";
import { autotraj, kill, start } from "./command.ts";
import { addUp, datasetsOf, IN_FLIGHT, newFolder, storedHashes, until, writeRun } from "./sums.ts";

const KILLS = 20;
const QUESTIONS = 36;
const SEED = 20_260;

/** mulberry32: the same moments in every run of this test. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe(`a run that is killed ${KILLS} times`, function () {
  this.timeout(240_000);
  let folder: string;
  let server: FakeServer;
  let undisturbed: FakeServer;

  before(async () => {
    folder = newFolder();
    const latencyMs = ({ number }: { number: number }) => 8 + ((number * 7) % 25);
    server = await startFakeOpenAI({ answer: addUp, latencyMs });
    undisturbed = await startFakeOpenAI({ answer: addUp, latencyMs });
  });
  after(async () => {
    await server.close();
    await undisturbed.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("ends with the bytes of an undisturbed run, and asks for nothing twice that it had stored", async () => {
    writeRun(folder, undisturbed.baseURL, QUESTIONS);
    const once = await autotraj(["run", "demo.json", "--out", "undisturbed"], folder);
    expect(once.code, once.stderr).to.equal(0);
    const expected = datasetsOf(join(folder, "undisturbed"));
    for (const [name, bytes] of Object.entries(expected)) expect(bytes, name).not.to.equal("");

    writeRun(folder, server.baseURL, QUESTIONS);
    const random = randomFrom(SEED);
    const asked = new Set<string>();
    let killed = 0;
    let stored: ReadonlySet<string> = new Set();

    /** Takes stock of a life's calls, those since `from`: none had been in the store, and no more are missing from it now than can have been in flight. */
    const checkCalls = (from: number, life: string) => {
      const calls = server.calls.slice(from).map(({ hash }) => hash);
      expect(calls.filter((hash) => stored.has(hash)).length, `${life}: stored calls made again`).to.equal(0);
      stored = storedHashes(join(folder, "disturbed"));
      expect(calls.filter((hash) => !stored.has(hash)).length, `${life}: calls lost`).to.be.at.most(IN_FLIGHT);
      expect(new Set(calls).size, `${life}: calls made twice`).to.equal(calls.length);
      for (const hash of calls) asked.add(hash);
    };

    for (let life = 0; life < KILLS; life++) {
      const from = server.calls.length;
      const command = start(["run", "demo.json", "--out", "disturbed"], folder);
      let over = false;
      void command.ended.then(() => {
        over = true;
      });
      // Every fifth dies at some moment of its start, the others a moment after some call.
      if (life % 5 === 4) await sleep(random() * 400);
      else {
        const calls = from + 1 + Math.floor(random() * 16);
        await until(() => server.calls.length >= calls || over);
        await sleep(random() * 15);
      }
      if (!over) killed++;
      await kill(command);
      checkCalls(from, `life ${life}`);
    }

    expect(killed, "the kills have to hit a run that is not finished").to.equal(KILLS);
    const from = server.calls.length;
    const last = await autotraj(["resume", "disturbed"], folder);
    expect(last.code, last.stderr).to.equal(0);
    expect(server.calls.length, "something has to be left for the last life").to.be.above(from);
    checkCalls(from, "the last life");
    expect(datasetsOf(join(folder, "disturbed"))).to.deep.equal(expected);
    expect([...asked].sort()).to.deep.equal([...new Set(undisturbed.calls.map(({ hash }) => hash))].sort());
  });
});

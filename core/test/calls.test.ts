import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { messageOf } from "../src/kernel/errors.ts";
import type { Policy, Tool, ToolResult, Turn, TurnRequest } from "../src/kernel/plugin.ts";
import { Calls } from "../src/loop/calls.ts";
import { StopSwitch } from "../src/loop/stop-switch.ts";
import { layeredCache, openSharedCache } from "../src/loop/store/call-cache.ts";
import { failureOf } from "./support/failures.ts";
import { gate, settle } from "./support/lifecycle.ts";
import { newFolder } from "./support/presets.ts";
import { CODE, SEARCH } from "./support/trajectories.ts";

const USAGE = { promptTokens: 1, cachedTokens: 0, completionTokens: 1 };

const BASE: TurnRequest = {
  messages: [
    { role: "system", content: "Add." },
    { role: "user", content: "What is 3 + 4?" },
  ],
  continuation: [{ by: "model", text: "<think>" }],
  dialect: "tags",
  tools: [CODE],
  stop: ["</answer>"],
  sampling: { temperature: 0.8, topP: 1, topK: 0, maxTokens: 100 },
  seed: 7,
  session: "s-1",
};

describe("calls", () => {
  let folder: string;
  let stop: StopSwitch;
  let opened: { close(): void }[];
  beforeEach(() => {
    folder = newFolder();
    stop = new StopSwitch();
    opened = [];
  });
  afterEach(() => {
    for (const cache of opened) cache.close();
    rmSync(folder, { recursive: true });
  });

  /** The calls of one process, remembered in the file of this name. */
  function callsOf(store = "calls.db", inFlight = 64) {
    const shared = openSharedCache(join(folder, store));
    opened.push(shared);
    const seen: boolean[] = [];
    const observer = { turn: (_id: string, _turn: Turn, _policy: Policy, fresh: boolean) => void seen.push(fresh), toolCall: () => {} };
    return { calls: new Calls(shared.cache, stop, observer, inFlight), cache: shared.cache, fresh: seen };
  }

  function policyOf(generate: Policy["generate"], parts: Partial<Policy> = {}): Policy {
    return { model: "m", identity: "m 1", dialects: ["tags"], deterministic: true, generate, ...parts };
  }

  /** Answers "answer 0", "answer 1", … */
  function counting(parts: Partial<Policy> = {}) {
    let asked = 0;
    const policy = policyOf(async () => ({ text: `answer ${asked++}`, finish: "stop", usage: USAGE }), parts);
    return { policy, asked: () => asked };
  }

  describe("to a policy", () => {
    it("are made once and then remembered, also by the next process", async () => {
      const { policy, asked } = counting();
      const first = callsOf();
      expect((await first.calls.model("student", policy, BASE, "candidate 0")).text).to.equal("answer 0");
      expect((await first.calls.model("student", policy, BASE, "candidate 0")).text).to.equal("answer 0");
      const second = callsOf();
      expect((await second.calls.model("student", policy, BASE, "candidate 0")).text).to.equal("answer 0");
      expect(asked()).to.equal(1);
      expect([first.fresh, second.fresh]).to.deep.equal([[true, false], [false]]);
    });

    const changes: Readonly<Record<string, Partial<TurnRequest>>> = {
      "another question": { messages: [{ role: "user", content: "What is 3 + 5?" }] },
      "another role": { messages: BASE.messages.map((message) => ({ ...message, role: "user" }) as TurnRequest["messages"][number]) },
      "what was written so far": { continuation: [{ by: "model", text: "<think>so" }] },
      "who wrote it": { continuation: [{ by: "tool", text: "<think>" }] },
      "the dialect": { dialect: "native" },
      "the tools on offer": { tools: [CODE, SEARCH] },
      "where it stops": { stop: [] },
      "the seed": { seed: 8 },
      "the temperature": { sampling: { ...BASE.sampling, temperature: 0.7 } },
      "the number of new tokens": { sampling: { ...BASE.sampling, maxTokens: 101 } },
    };
    for (const [what, change] of Object.entries(changes)) {
      it(`are made again for ${what}`, async () => {
        const { policy, asked } = counting();
        const { calls } = callsOf();
        await calls.model("student", policy, BASE, "candidate 0");
        await calls.model("student", policy, { ...BASE, ...change }, "candidate 0");
        expect(asked()).to.equal(2);
      });
    }

    it("are made again for another sample and for a policy of another identity", async () => {
      const { policy, asked } = counting();
      const { calls } = callsOf();
      await calls.model("student", policy, BASE, "candidate 0");
      await calls.model("student", policy, BASE, "candidate 1");
      expect(asked()).to.equal(2);
      await calls.model("student", { ...policy, identity: "m 2" }, BASE, "candidate 0");
      expect(asked()).to.equal(3);
    });

    it("are not made again for what no answer depends on: the session, token ids, the policy's name in the preset", async () => {
      const { policy, asked } = counting();
      const { calls } = callsOf();
      await calls.model("student", policy, BASE, "candidate 0");
      const same = { ...BASE, session: "s-2", continuation: [{ by: "model", text: "<think>", tokens: [1, 2] }] as const };
      await calls.model("teacher", policy, same, "candidate 0");
      expect(asked()).to.equal(1);
    });

    it("that give no turn are not remembered", async () => {
      for (const [turn, what] of [
        [undefined, "undefined"],
        [{ text: 5 }, '{"text":5}'],
        [{ text: "x" }, '{"text":"x"}'],
      ] as const) {
        let asked = 0;
        const broken = policyOf(() => {
          asked++;
          return Promise.resolve(turn as never);
        });
        const { calls } = callsOf();
        const ask = () => calls.model("student", broken, BASE, "candidate 0");
        expect(await ask().catch(messageOf)).to.equal(`its turn has no text or no usage: ${what}`);
        await ask().catch(messageOf);
        expect(asked).to.equal(2);
      }
    });

    it("that are the same and come together are made once", async () => {
      const answer = gate<Turn>();
      let asked = 0;
      const policy = policyOf(() => {
        asked++;
        return answer.opened;
      });
      const { calls, fresh } = callsOf();
      const both = [calls.model("student", policy, BASE, "candidate 0"), calls.model("student", policy, BASE, "candidate 0")];
      answer.open({ text: "answer", finish: "stop", usage: USAGE });
      expect((await Promise.all(both)).map(({ text }) => text)).to.deep.equal(["answer", "answer"]);
      expect(asked).to.equal(1);
      expect(fresh).to.deep.equal([true, false]);
    });

    it("that fail are not remembered", async () => {
      let asked = 0;
      const policy = policyOf(async () => {
        if (asked++ === 0) throw new Error("busy");
        return { text: "answer", finish: "stop", usage: USAGE };
      });
      const { calls } = callsOf();
      const errors = await Promise.allSettled([1, 2].map(() => calls.model("student", policy, BASE, "candidate 0")));
      expect(errors.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
      expect((await calls.model("student", policy, BASE, "candidate 0")).text).to.equal("answer");
      expect(asked).to.equal(2);
    });

    for (const [concurrency, inFlight, peak] of [
      [undefined, 5, 5],
      [3, 5, 3],
      [9, 5, 5],
    ] as const) {
      it(`are at most ${peak} at a time where the policy can do ${concurrency ?? "any number"} and the run ${inFlight}`, async () => {
        let now = 0;
        let most = 0;
        const policy = policyOf(
          async () => {
            most = Math.max(most, ++now);
            await settle();
            now--;
            return { text: "", finish: "stop", usage: USAGE };
          },
          concurrency === undefined ? {} : { concurrency },
        );
        const { calls } = callsOf("calls.db", inFlight);
        await Promise.all(Array.from({ length: 20 }, (_, number) => calls.model("student", policy, BASE, `candidate ${number}`)));
        expect(most).to.equal(peak);
      });
    }

    it("come from the run's own memory first, then from the shared one, and go to both", async () => {
      const { policy, asked } = counting();
      const own = callsOf("own.db");
      const shared = callsOf("shared.db");
      await shared.calls.model("student", policy, BASE, "candidate 0");
      const observer = { turn: () => {}, toolCall: () => {} };
      const layered = new Calls(layeredCache(own.cache, shared.cache), stop, observer, 64);
      expect((await layered.model("student", policy, BASE, "candidate 0")).text).to.equal("answer 0");
      await layered.model("student", policy, BASE, "candidate 1");
      expect((await own.calls.model("student", policy, BASE, "candidate 1")).text).to.equal("answer 1");
      expect((await shared.calls.model("student", policy, BASE, "candidate 1")).text).to.equal("answer 1");
      expect(asked()).to.equal(2);
    });
  });

  describe("to a tool", () => {
    const context = { session: "s", earlier: [], history: [] };
    function tool(parts: Partial<Tool> = {}) {
      let asked = 0;
      const counted: Tool = {
        definition: CODE,
        identity: "python 1",
        call: async () => ({ content: `${asked++}`, ok: true, durationMs: 1 }),
        ...parts,
      };
      return { tool: counted, asked: () => asked };
    }

    it("are made once per place: the same code in another trajectory is run again", async () => {
      const { tool: python, asked } = tool();
      const { calls } = callsOf();
      const results: ToolResult[] = [];
      for (const place of ["q-1/student/candidate 0/0", "q-1/student/candidate 0/0", "q-1/student/candidate 1/0"]) {
        results.push(await calls.tool("python", python, { code: "1" }, place, context));
      }
      expect(results.map(({ content }) => content)).to.deep.equal(["0", "0", "1"]);
      expect(asked()).to.equal(2);
    });

    it("that give no result are not remembered", async () => {
      for (const [result, what] of [
        [undefined, "it returned nothing"],
        [{ ok: true }, 'it returned no result with content and ok: {"ok":true}'],
        ["7", 'it returned no result with content and ok: "7"'],
      ] as const) {
        let asked = 0;
        const { tool: broken } = tool({
          call: async () => {
            asked++;
            return result as never;
          },
        });
        const { calls } = callsOf();
        const ask = () => calls.tool("python", broken, {}, "q-1/student/candidate 0/0", context).catch(messageOf);
        expect([await ask(), await ask()]).to.deep.equal([what, what]);
        expect(asked).to.equal(2);
      }
    });

    it("are made again for other arguments, other calls before them and another identity", async () => {
      const { tool: python, asked } = tool();
      const { calls } = callsOf();
      await calls.tool("python", python, { code: "1" }, "place", context);
      await calls.tool("python", python, { code: "2" }, "place", context);
      await calls.tool("python", python, { code: "1" }, "place", { ...context, history: [{ tool: "python", arguments: { code: "x = 1" } }] });
      await calls.tool("python", { ...python, identity: "python 2" }, { code: "1" }, "place", context);
      expect(asked()).to.equal(4);
    });

    it("that break at once fail like any other", async () => {
      const { calls } = callsOf();
      const { tool: broken } = tool({
        call: () => {
          throw new Error("no interpreter");
        },
      });
      await calls.tool("python", broken, {}, "place", context).then(
        () => expect.fail("it worked"),
        (error: Error) => expect(error.message).to.equal("no interpreter"),
      );
    });
  });

  describe("of a run that is stopping", () => {
    it("are refused, unless their answer is remembered", async () => {
      const { policy, asked } = counting();
      const { calls } = callsOf();
      await calls.model("student", policy, BASE, "candidate 0");
      stop.softly();
      expect((await calls.model("student", policy, BASE, "candidate 0")).text).to.equal("answer 0");
      expect((await failureOf(calls.model("student", policy, BASE, "candidate 1"))).code).to.equal("ATRAJ_INTERRUPTED");
      expect(asked()).to.equal(1);
    });

    it("are refused also where they had been waiting for their turn", async () => {
      const answer = gate<Turn>();
      const { calls } = callsOf("calls.db", 1);
      const policy = policyOf(() => answer.opened);
      const first = calls.model("student", policy, BASE, "candidate 0");
      const second = failureOf(calls.model("student", policy, BASE, "candidate 1"));
      await settle();
      stop.softly();
      answer.open({ text: "kept", finish: "stop", usage: USAGE });
      expect((await first).text).to.equal("kept");
      expect((await second).code).to.equal("ATRAJ_INTERRUPTED");
      expect((await callsOf().calls.model("student", policy, BASE, "candidate 0")).text).to.equal("kept");
    });

    it("end at once where it is to stop at once, whether or not the policy listens", async () => {
      const { calls } = callsOf();
      const deaf = policyOf(() => new Promise(() => {}));
      const listening = policyOf(
        (_request, { signal }) => new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("connection closed")))),
      );
      const both = [failureOf(calls.model("deaf", deaf, BASE, "a")), failureOf(calls.model("listening", listening, BASE, "b"))];
      await settle();
      stop.atOnce(new Error("interrupted"));
      expect((await Promise.all(both)).map(({ code }) => code)).to.deep.equal(["ATRAJ_INTERRUPTED", "ATRAJ_INTERRUPTED"]);
    });
  });
});

import { expect } from "chai";
import { checkTrajectory } from "../src/data/trajectory-schema.ts";
import { Tracking } from "../src/host/tracking.ts";
import type { DialectName, Policy, RolloutOptions, RolloutRequest, Tool, TurnRequest } from "../src/kernel/plugin.ts";
import { interrupted } from "../src/kernel/stop.ts";
import { Calls } from "../src/loop/calls.ts";
import type { Health } from "../src/loop/health.ts";
import { createRollout } from "../src/loop/rollout.ts";
import { Semaphore } from "../src/loop/semaphore.ts";
import { StopSwitch } from "../src/loop/stop-switch.ts";
import type { CallCache } from "../src/loop/store/call-cache.ts";
import { failureOf } from "./support/failures.ts";
import { CODE, request } from "./support/trajectories.ts";

/** A text, a turn, or the error that it fails with. */
type Said = string | Error | Partial<Awaited<ReturnType<Policy["generate"]>>>;

interface Script {
  /** What the policy says, turn by turn; the last goes on for ever. */
  readonly says: readonly Said[];
  readonly call?: Tool["call"];
  readonly request?: Partial<RolloutRequest>;
  readonly options?: Partial<RolloutOptions>;
  readonly health?: Partial<Health>;
}

/** Nothing is remembered: what is under test is the order of turns. */
const NO_CACHE: CallCache = { get: () => undefined, put: () => {} };

async function write(script: Script) {
  const asked: TurnRequest[] = [];
  const ran: unknown[] = [];
  const ended: string[] = [];
  const policy: Policy = {
    model: "m",
    identity: "m",
    dialects: ["tags", "native"],
    deterministic: true,
    async generate(turn) {
      const said = script.says[Math.min(asked.length, script.says.length - 1)] ?? "";
      asked.push(turn);
      if (said instanceof Error) throw said;
      const usage = { promptTokens: 10, cachedTokens: 4, completionTokens: 5 };
      return { text: "", finish: "stop", usage, ...(typeof said === "string" ? { text: said } : said) };
    },
    endSession: (session) => void ended.push(`policy ${session}`),
  };
  const tool: Tool = {
    definition: CODE,
    identity: "python",
    call: async (args, context) => {
      ran.push([args, context.earlier]);
      return script.call?.(args, context) ?? { content: "7", ok: true, durationMs: 1, isolation: "none" };
    },
    endSession: (session) => void ended.push(`tool ${session}`),
  };
  const rollout = createRollout({
    policy: () => policy,
    tool: () => tool,
    calls: new Calls(NO_CACHE, new StopSwitch(), { turn: () => {}, toolCall: () => {} }, 8),
    seed: 1,
    slots: new Semaphore(8),
    health: { failed: () => {}, worked: () => {}, ...script.health },
    tracking: Tracking.OFF,
  });
  const trajectory = await rollout.write(request({ tools: ["python"], ...script.request }), {
    policy: "student",
    key: "candidate 0",
    provenance: { origin: "rollout", candidate: 0 },
    ...script.options,
  });
  expect(checkTrajectory(trajectory)).to.equal(undefined);
  return { trajectory, asked, ran, ended };
}

const CALL = "<think>x</think><code>print(7)</code>";
const ANSWER = "<think>y</think><answer>\\boxed{7}</answer>";
const results = (messages: readonly { role: string; content: string }[]) =>
  messages.flatMap(({ role, content }) => (role === "tool" ? [content] : []));

describe("a rollout", () => {
  it("goes from turn to turn until there is an answer", async () => {
    const { trajectory, asked, ran } = await write({ says: [CALL, ANSWER] });
    expect(trajectory).to.include({ finish: "answer", answer: "7" });
    expect(trajectory.messages.map(({ role }) => role)).to.deep.equal(["system", "user", "assistant", "tool", "assistant"]);
    expect(asked.map(({ continuation }) => continuation.map(({ by, text }) => `${by}: ${text}`))).to.deep.equal([
      [],
      [`model: ${CALL}`, "tool: \n<result>\n7\n</result>\n"],
    ]);
    expect(ran).to.deep.equal([[{ code: "print(7)" }, []]]);
    expect(trajectory.usage).to.deep.equal({ promptTokens: 20, cachedTokens: 8, completionTokens: 10, modelCalls: 2, toolCalls: 1 });
    expect(trajectory.provenance).to.include({ policy: "student", model: "m", origin: "rollout", candidate: 0 });
  });

  it("asks each turn with a seed of its own, the same in every run", async () => {
    const [one, two] = [await write({ says: [CALL, ANSWER] }), await write({ says: [CALL, ANSWER] })];
    const seeds = one.asked.map(({ seed }) => seed);
    expect(new Set(seeds)).to.have.property("size", 2);
    expect(two.asked.map(({ seed }) => seed)).to.deep.equal(seeds);
    expect(one.trajectory.provenance.seed).to.equal(seeds[0]);
    expect(one.trajectory.id).to.equal(two.trajectory.id);
  });

  it("ends at the limit of tool calls, without making the one too many", async () => {
    const { trajectory, ran } = await write({ says: [CALL], request: { maxToolCalls: 2 } });
    expect(trajectory.finish).to.equal("tool-limit");
    expect(trajectory).not.to.have.property("answer");
    expect(ran).to.have.length(2);
    expect(trajectory.messages.at(-1)?.role).to.equal("assistant");
  });

  it("ends at the limit of turns", async () => {
    const { trajectory, asked } = await write({ says: [CALL], request: { maxToolCalls: 9, maxTurns: 3 } });
    expect(trajectory.finish).to.equal("turn-limit");
    expect(asked).to.have.length(3);
  });

  it("ends where the model stops without an answer, or is cut off", async () => {
    expect((await write({ says: ["<think>hm</think>"] })).trajectory.finish).to.equal("no-answer");
    expect((await write({ says: [{ text: "<think>hm", finish: "length" }] })).trajectory.finish).to.equal("token-limit");
  });

  it("ends as failed where the policy fails, with what there is", async () => {
    const failed: unknown[] = [];
    const { trajectory } = await write({
      says: [CALL, new Error("server gone")],
      health: { failed: (kind, id, error) => failed.push([kind, id, (error as Error).message]) },
    });
    expect(trajectory).to.include({ finish: "failed" });
    expect(trajectory.faults).to.deep.equal(['policy "student" failed: server gone']);
    expect(trajectory.messages).to.have.length(4);
    expect(failed).to.deep.equal([["policy", "student", "server gone"]]);
  });

  it("tells of a tool that breaks or returns nothing, and goes on without it", async () => {
    const told: unknown[] = [];
    const health: Partial<Health> = {
      failed: (kind, id, error) => told.push([kind, id, (error as Error).message]),
      worked: (kind, id) => told.push([kind, id]),
    };
    const { trajectory } = await write({ says: [CALL, CALL, ANSWER], call: async () => undefined as never, health });
    expect(results(trajectory.messages)).to.deep.equal(["[the tool is not available]", "[the tool is not available]"]);
    expect(trajectory.faults).to.deep.equal(Array(2).fill('tool "python" broke: it returned nothing'));
    expect(told).to.deep.equal([
      ["policy", "student"],
      ["tool", "python", "it returned nothing"],
      ["policy", "student"],
      ["tool", "python", "it returned nothing"],
      ["policy", "student"],
    ]);
  });

  it("gives a tool nothing that it could change for the trajectory", async () => {
    const { trajectory } = await write({
      says: [CALL, ANSWER],
      call: async (args) => {
        (args as { code?: string }).code = "print(8)";
        return { content: "8", ok: true, durationMs: 1 };
      },
    });
    expect(trajectory.faults[0]).to.match(/^tool "python" broke: Cannot assign to read only property 'code'/);
    expect(JSON.stringify(trajectory.messages)).not.to.contain("print(8)");
  });

  it("passes each tool its own earlier calls", async () => {
    const { ran } = await write({ says: ["<code>a</code>", "<code>b</code>", ANSWER] });
    expect(ran).to.deep.equal([
      [{ code: "a" }, []],
      [{ code: "b" }, [{ code: "a" }]],
    ]);
  });

  for (const [how, says] of [
    ["with an answer", [CALL, ANSWER]],
    ["in a failure", [CALL, new Error("server gone")]],
  ] as const) {
    it(`lets go of the policy's and the tool's session once when it ends ${how}`, async () => {
      const { ended, asked } = await write({ says });
      expect(ended).to.deep.equal([`policy ${asked[0]?.session}`, `tool ${asked[0]?.session}`]);
    });
  }

  it("shows examples and another prompt where it is asked to, and records the request's own", async () => {
    const { trajectory, asked } = await write({
      says: [ANSWER],
      options: {
        shown: {
          system: "You repair.",
          question: "Repair this: …",
          examples: [{ question: "What is 1 + 1?", messages: [{ role: "assistant", content: "2", text: "<answer>2</answer>" }] }],
        },
        sampling: { temperature: 0 },
      },
    });
    expect(asked[0]?.messages.map(({ content }) => content)).to.deep.equal(["You repair.", "What is 1 + 1?", "<answer>2</answer>", "Repair this: …"]);
    expect(trajectory.messages.slice(0, 2).map(({ content }) => content)).to.deep.equal(["Add.", "What is 3 + 4?"]);
    expect(trajectory.provenance.sampling?.temperature).to.equal(0);
  });

  it("goes on from a prefix, which counts against the limits", async () => {
    const prefix = [
      {
        role: "assistant",
        content: "",
        toolCalls: [{ id: "call-0", name: "python", arguments: { code: "a" } }],
        text: "<code>a</code>",
        train: false,
      },
      { role: "tool", toolCallId: "call-0", name: "python", content: "1", ok: true },
    ] as const;
    const { trajectory, asked, ran } = await write({ says: [CALL], options: { prefix }, request: { maxToolCalls: 1 } });
    expect(trajectory.finish).to.equal("tool-limit");
    expect(asked[0]?.continuation.map(({ by }) => by)).to.deep.equal(["model", "tool"]);
    expect(ran).to.deep.equal([]);
  });

  describe("in the native dialect", () => {
    const native = (id: string, args: string, name = "python") => ({ finish: "tool-calls" as const, toolCalls: [{ id, name, arguments: args }] });
    const dialect: { dialect: DialectName } = { dialect: "native" };

    it("sends messages and tools, and reads calls from the server", async () => {
      const { trajectory, asked, ran } = await write({ says: [native("id-1", '{"code":"a"}'), "It is \\boxed{7}."], request: dialect });
      expect(trajectory).to.include({ finish: "answer", answer: "7" });
      expect(asked[1]?.messages.map(({ role }) => role)).to.deep.equal(["system", "user", "assistant", "tool"]);
      expect(asked[1]?.tools).to.deep.equal([CODE]);
      expect(ran).to.deep.equal([[{ code: "a" }, []]]);
    });

    it("refuses a malformed call to the model's face, and calls no tool", async () => {
      const { trajectory, ran } = await write({ says: [native("1", "{"), native("2", "{}", "bash"), "\\boxed{7}"], request: dialect });
      expect(ran).to.deep.equal([]);
      expect(results(trajectory.messages)[0]).to.match(/^\[call refused: the arguments are not JSON/);
      expect(results(trajectory.messages)[1]).to.equal('[call refused: there is no tool "bash"; there are python]');
      expect(trajectory).to.include({ finish: "answer" });
      expect(trajectory.usage.toolCalls).to.equal(0);
    });
  });

  it("does not take a stop for a failure", async () => {
    const error = await failureOf(
      write({
        says: [CALL, ANSWER],
        call: async () => {
          throw interrupted();
        },
      }),
    );
    expect(error.code).to.equal("ATRAJ_INTERRUPTED");
  });
});

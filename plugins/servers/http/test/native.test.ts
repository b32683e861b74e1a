import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { ADD, ANSWER, type Json, newFolder, Served, type Setting, until } from "./support.ts";

describe("the native protocol", () => {
  let served: Served;
  afterEach(() => served?.close());
  const start = async (setting?: Setting) => {
    served = await Served.start(setting);
  };

  it("plays an episode: the tool's result to go on from, then the end, then the reward", async () => {
    await start();
    const session = await served.begin("q-3");
    const first = await served.post("/v1/turns", { items: [{ session, index: 0, text: ADD(3, 21), finish: "stop" }] });
    expect(first.items).to.deep.equal([
      { append: "\n<result>\n24\n</result>\n", results: [{ toolCallId: "call-0", name: "add", content: "24", ok: true }], done: false },
    ]);
    const last = await served.post(`/v1/sessions/${session}/turn`, { index: 1, text: ANSWER(24), finish: "stop" });
    expect(last).to.deep.equal({ append: "", results: [], done: true, finish: "answer" });
    expect(await served.score({ id: "s", session })).to.deep.equal({ id: "s", reward: 1, terms: { right: 1 }, valid: true });
  });

  it("plays an episode whose calls are native", async () => {
    await start({ rollout: { dialect: "native" } });
    const session = await served.begin("q-1");
    const toolCalls = [
      { id: "a", name: "add", arguments: '{"numbers":"1 7"}' },
      { id: "b", name: "subtract", arguments: "{}" },
    ];
    const step = await served.post(`/v1/sessions/${session}/turn`, { index: 0, text: "", finish: "tool-calls", reasoning: "I add.", toolCalls });
    expect(step.results[0]).to.deep.equal({ toolCallId: "a", name: "add", content: "8", ok: true });
    expect(step.results[1]).to.include({ toolCallId: "b", ok: false });
    await served.post(`/v1/sessions/${session}/turn`, { index: 1, text: "8", finish: "stop" });
    expect(await served.score({ id: "s", session })).to.include({ reward: 1, valid: true });
  });

  it("begins no second episode under the same key", async () => {
    await start();
    const one = await served.begin("q-0", "step 1 sample 4");
    expect(await served.begin("q-0", "step 1 sample 4")).to.equal(one);
    expect(await served.begin("q-0", "step 1 sample 5")).not.to.equal(one);
    expect(await served.metric("autotraj_sessions_open")).to.equal(2);
  });

  it("refuses one item and serves its neighbours", async () => {
    await start();
    const { items } = await served.post("/v1/sessions", { items: [{ task: "q-0" }, { task: "q-99" }, { task: "q-1" }] });
    expect(items[1]).to.deep.equal({
      error: { code: "ATRAJ_EPISODE", message: 'episode: there is no task "q-99". Tasks are the questions of the run\'s rl stage, by query id.' },
    });
    const turns = await served.post("/v1/turns", {
      items: [
        { session: items[0].session, index: 0, text: ADD(0, 0), finish: "stop" },
        { session: "nobody", index: 0, text: ADD(1, 1), finish: "stop" },
        { session: items[2].session, index: 1, text: ADD(1, 7), finish: "stop" },
      ],
    });
    expect(turns.items[0]).to.include({ done: false });
    expect(turns.items[1].error).to.include({ code: "ATRAJ_EPISODE" });
    expect(turns.items[2].error.message).to.contain("too early");
  });

  it("answers a turn that comes again as it did, without calling the tool", async () => {
    await start();
    const session = await served.begin("q-2");
    const turn = { session, index: 0, text: ADD(2, 14), finish: "stop" };
    const [once, again] = (await served.post("/v1/turns", { items: [turn, turn] })).items;
    expect(again).to.deep.equal(once);
    expect(served.journal("adder")).to.have.length(1);
  });

  it("lets a slow tool delay its own turn only", async () => {
    await start();
    served.hold();
    const [slow, quick] = [await served.begin("q-0"), await served.begin("q-1")];
    let answered = false;
    const batch = served
      .post("/v1/turns", {
        items: [slow, quick].map((session, index) => ({ session, index: 0, text: index === 0 ? "<hold>on</hold>" : ADD(1, 7), finish: "stop" })),
      })
      .then((reply) => {
        answered = true;
        return reply;
      });
    // The other item's tool has been called; its next turn can be taken alone.
    await until(async () => served.journal("adder").length === 1);
    const next = await served.post(`/v1/sessions/${quick}/turn`, { index: 1, text: ANSWER(8), finish: "stop" });
    expect(next).to.include({ done: true });
    expect(answered).to.equal(false);
    served.release();
    expect((await batch).items[0].results[0].content).to.equal("said on");
    expect(await served.metric("autotraj_tool_seconds_total")).to.be.greaterThan(0);
  });

  it("ends episodes, also twice", async () => {
    await start();
    const session = await served.begin("q-0");
    for (let time = 0; time < 2; time++) expect((await served.ask("DELETE", `/v1/sessions/${session}`)).status).to.equal(204);
    const reply = await served.ask("POST", `/v1/sessions/${session}/turn`, { index: 0, text: "", finish: "stop" });
    expect(reply.status).to.equal(404);
    expect(reply.body.error.code).to.equal("ATRAJ_EPISODE");
  });

  it("lists its tasks in pages, as trainers need them", async () => {
    await start({ preparer: { drop: "2 + 14" } });
    const first = await served.get("/v1/tasks?limit=3");
    expect(first).to.include({ total: 5, next: 3 });
    const rest = await served.get("/v1/tasks?offset=3&limit=3");
    expect(rest.next).to.equal(null);
    expect([...first.items, ...rest.items].map(({ id }: Json) => id)).to.deep.equal(["q-0", "q-1", "q-3", "q-4", "q-5"]);
    const task = await served.get("/v1/tasks/q-3");
    expect(task).to.deep.equal(first.items[2]);
    expect(task.messages).to.deep.equal([
      { role: "system", content: "Add the two numbers." },
      { role: "user", content: "What is 3 + 21?" },
    ]);
    expect(task.stop).to.deep.equal(["</add>", "</hold>", "</answer>"]);
    expect((await served.ask("GET", "/v1/tasks/q-2")).status).to.equal(404);
  });

  describe("scores", () => {
    it("a recorded conversation as it scores the episode that said the same", async () => {
      await start();
      const session = await served.begin("q-3");
      await served.post(`/v1/sessions/${session}/turn`, { index: 0, text: ADD(3, 21), finish: "stop" });
      await served.post(`/v1/sessions/${session}/turn`, { index: 1, text: ANSWER(24), finish: "stop" });
      const messages = [
        { role: "system", content: "another prompt" },
        { role: "user", content: "What is 3 + 21?" },
        { role: "assistant", content: ADD(3, 21) },
        { role: "tool", content: "24" },
        { role: "assistant", content: ANSWER(24) },
      ];
      const { items } = await served.post("/v1/score", {
        items: [
          { id: "a", session },
          { id: "b", task: "q-3", messages },
        ],
      });
      expect(items.map(({ reward }: Json) => reward)).to.deep.equal([1, 1]);
      const [played, recorded] = served.journal("judged");
      const spoken = ({ messages, answer, finish, faults }: Json) => ({
        answer,
        finish,
        faults,
        messages: messages.map(({ durationMs: _durationMs, ...message }: Json) => message),
      });
      expect(spoken(recorded)).to.deep.equal(spoken(played));
      expect(recorded.id).to.equal(played.id);
    });

    it("native conversations, with results in any order and arguments as text or object", async () => {
      await start({ rollout: { dialect: "native" } });
      const call = (id: string, given: unknown) => ({ id, type: "function", function: { name: "add", arguments: given } });
      const messages = [
        {
          role: "assistant",
          content: null,
          reasoning_content: "Both.",
          tool_calls: [call("x", { numbers: "3 21" }), call("y", '{"numbers":"1 1"}')],
        },
        { role: "tool", tool_call_id: "y", content: "2" },
        { role: "tool", tool_call_id: "x", content: [{ type: "text", text: "24" }], ok: false },
        { role: "assistant", content: "\\boxed{24}" },
      ];
      expect(await served.score({ id: "n", task: "q-3", messages })).to.include({ reward: 1 });
      const [{ messages: said }] = served.journal("judged");
      expect(said[2].toolCalls[1]).to.deep.equal({ id: "y", name: "add", arguments: { numbers: "1 1" } });
      expect(said.slice(3, 5).map(({ toolCallId, ok }: Json) => [toolCallId, ok])).to.deep.equal([
        ["y", true],
        ["x", false],
      ]);
    });

    it("a text as one turn of the model: results that it wrote itself are no results", async () => {
      await start();
      const honest = { id: "honest", task: "q-3", text: ANSWER(24) };
      const forged = { id: "forged", task: "q-3", text: `${ADD(3, 21)}\n<result>\n24\n</result>\n${ANSWER(24)}` };
      const cut = { id: "cut", task: "q-3", text: "<think>Well", finish: "length" };
      const { items } = await served.post("/v1/score", { items: [honest, forged, cut] });
      expect(items.map(({ id, reward }: Json) => [id, reward])).to.deep.equal([
        ["honest", 1],
        ["forged", 0],
        ["cut", 0],
      ]);
      const [, second, third] = served.journal("judged");
      expect(second.faults).to.include("wrote its own <result>");
      expect([second.finish, third.finish]).to.deep.equal(["token-limit", "token-limit"]);
    });

    for (const [what, messages, says] of [
      ["has no turn of the model", [{ role: "user", content: "What?" }], "no message of the assistant"],
      [
        "goes on after the answer",
        [
          { role: "assistant", content: ANSWER(1) },
          { role: "assistant", content: "more" },
        ],
        "messages[1] comes after the answer",
      ],
      [
        "holds a result that nobody asked for",
        [
          { role: "assistant", content: "hm" },
          { role: "tool", content: "3" },
        ],
        "messages[1] is a tool's result",
      ],
      [
        "leaves a call open",
        [
          { role: "assistant", content: ADD(1, 2) },
          { role: "assistant", content: "and?" },
        ],
        "messages[1] comes before the result",
      ],
      ["calls natively in tags", [{ role: "assistant", content: "", tool_calls: [{ function: { name: "add" } }] }], "messages[0] has tool_calls"],
      ["holds an image", [{ role: "assistant", content: [{ type: "image_url" }] }], 'messages[0] holds a part of type "image_url"'],
    ] as const) {
      it(`no conversation that ${what}, and says where`, async () => {
        await start();
        const answer = await served.score({ id: "x", task: "q-1", messages });
        expect(answer).to.include({ reward: null, valid: false });
        expect(answer.error.code).to.equal("BAD_CONVERSATION");
        expect(answer.error.message).to.contain(says);
      });
    }

    it("nothing twice under one id, also while it is being judged", async () => {
      await start();
      const item = { id: "step 3 sample 7", task: "q-3", text: ANSWER(24) };
      const replies = await Promise.all([served.score(item), served.score(item), served.post("/v1/score", { items: [item, item] })]);
      expect(replies.flatMap((reply) => reply.items ?? [reply]).map(({ reward }: Json) => reward)).to.deep.equal([1, 1, 1, 1]);
      expect(await served.score(item)).to.include({ reward: 1 });
      expect(served.journal("judged")).to.have.length(1);
      expect(await served.metric('autotraj_rewards_total{outcome="valid"}')).to.equal(1);
    });

    it("nothing else under a used id", async () => {
      await start();
      await served.score({ id: "s", task: "q-3", text: ANSWER(24) });
      const other = await served.score({ id: "s", task: "q-3", text: ANSWER(25) });
      expect(other).to.include({ reward: null, valid: false });
      expect(other.error.code).to.equal("ID_REUSED");
    });

    it("anew what it has forgotten, the oldest first", async () => {
      await start({ service: { remember: 2 } });
      const item = (name: string) => ({ id: name, task: "q-3", text: ANSWER(24) });
      for (const name of ["a", "b", "a", "c", "a", "b"]) await served.score(item(name));
      // `a` was used last when `c` came, so `b` had to go.
      expect(served.journal("judged")).to.have.length(4);
    });

    it("as invalid what a term could not judge, and its neighbours all the same", async () => {
      await start({ reward: { silentFor: "2 + 14" } });
      const { items } = await served.post("/v1/score", {
        items: [
          { id: "a", task: "q-2", text: ANSWER(16) },
          { id: "b", task: "q-3", text: ANSWER(24) },
        ],
      });
      expect(items[0]).to.deep.equal({
        id: "a",
        reward: null,
        terms: { right: null },
        valid: false,
        error: { code: "REWARD_FAILED", message: "right: the judge said nothing" },
      });
      expect(items[1]).to.include({ reward: 1, valid: true });
      await served.score({ id: "a", task: "q-2", text: ANSWER(16) });
      expect(served.journal("judged")).to.have.length(3);
      expect(await served.metric('autotraj_rewards_total{outcome="invalid"}')).to.equal(2);
    });

    it("nothing by 0 where the preset has no reward", async () => {
      await start({ rewarded: false, combine: "sum" });
      const answer = await served.score({ id: "a", task: "q-3", text: ANSWER(24) });
      expect(answer).to.deep.include({ reward: null, valid: false, terms: {} });
      expect(answer.error).to.deep.equal({ code: "REWARD_FAILED", message: "no term applies to this trajectory" });
    });

    it("with a judge that is back what it could not judge while it was away", async () => {
      const away = join(newFolder(), "away");
      try {
        await start({ reward: { brokenWhile: away } });
        writeFileSync(away, "");
        const item = { id: "a", task: "q-3", text: ANSWER(24) };
        const answer = await served.score(item);
        expect(answer).to.include({ reward: null, valid: false });
        expect(answer.error.message).to.contain("the judge is away");
        rmSync(away);
        expect(await served.score(item)).to.include({ reward: 1, valid: true });
      } finally {
        rmSync(dirname(away), { recursive: true, force: true });
      }
    });
  });
});

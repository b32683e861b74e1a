import { expect } from "chai";
import { ask, type Json, type Reply, Served, type Setting, TOKEN } from "./support.ts";

/** What verifiers' nemo_gym taskset does (NeMoGymState.post): a new connection for each request, the configured headers, the cookies of seed_session. */
class GymClient {
  readonly #url: string;
  readonly #row: Json;
  #cookies: string[] = [];

  constructor(resourcesUrl: string, row: Json) {
    this.#url = resourcesUrl;
    this.#row = row;
  }

  async post(path: string, body: object): Promise<Reply> {
    const cookie: Record<string, string> = this.#cookies.length === 0 ? {} : { cookie: this.#cookies.join("; ") };
    return ask(this.#url, "POST", `/${path}`, body, { authorization: `Bearer ${TOKEN}`, connection: "close", ...cookie });
  }

  async seed(): Promise<Reply> {
    const reply = await this.post("seed_session", this.#row);
    this.#cookies = reply.headers.getSetCookie().map((line) => line.split(";")[0] ?? "");
    return reply;
  }

  /** With the whole row, as `NeMoGymTask.nemo_gym` sends it. */
  verify(output: readonly object[]): Promise<Reply> {
    const response = {
      id: "resp_1",
      created_at: 1,
      model: "verifiers",
      object: "response",
      output,
      parallel_tool_calls: true,
      tool_choice: "auto",
      tools: this.#row.responses_create_params.tools,
      status: "completed",
    };
    return this.post("verify", { ...this.#row, response });
  }
}

/** As trace_to_nemo_response writes them. */
const reasoning = (text: string) => ({ id: "rs_1", type: "reasoning", summary: [{ type: "summary_text", text }] });
const message = (text: string) => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text, annotations: [] }],
});
const call = (id: string, name: string, given: object) => ({ type: "function_call", call_id: id, name, arguments: JSON.stringify(given) });
const output = (id: string, text: string) => ({ type: "function_call_output", call_id: id, output: text });

describe("NeMo Gym's protocol", () => {
  let served: Served;
  afterEach(() => served?.close());
  const start = async (setting: Setting = {}) => {
    served = await Served.start({ ...setting, rollout: { dialect: "native", ...setting.rollout } });
  };
  const rows = async (): Promise<Json[]> =>
    (await served.ask("GET", "/gym/rows")).text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  const client = async (task = "q-3") => {
    const row = (await rows()).find((one) => one.task === task);
    return { row, gym: new GymClient(`${served.url}/gym`, { ...row, source: "a field of the user's own" }) };
  };

  it("plays a session: seed, a tool, verify", async () => {
    await start();
    const { row, gym } = await client();
    const seeded = await gym.seed();
    expect(seeded).to.deep.include({ status: 200, body: {} });
    expect(seeded.headers.get("set-cookie")).to.match(/^autotraj_session=[0-9a-f]{20}; Path=\/; HttpOnly; SameSite=Lax$/);
    const observed = await gym.post("add", { numbers: "3 21" });
    expect(observed).to.deep.include({ status: 200, text: "24" });
    expect(observed.headers.get("content-type")).to.contain("text/plain");
    const said = [reasoning("I add."), call("c1", "add", { numbers: "3 21" }), output("c1", "24"), message("24")];
    const { status, body } = await gym.verify(said);
    expect(status).to.equal(200);
    expect(body).to.deep.include({ task: "q-3", source: "a field of the user's own", reward: 1, mask_sample: false, terms: { right: 1 } });
    expect(body.responses_create_params).to.deep.equal(row.responses_create_params);
    expect(body.response.output).to.deep.equal(said);
    const [{ messages, answer, finish }] = served.journal("judged");
    expect([answer, finish]).to.deep.equal(["24", "answer"]);
    expect(messages.slice(2)).to.deep.equal([
      { role: "assistant", content: "", reasoning: "I add.", toolCalls: [{ id: "c1", name: "add", arguments: { numbers: "3 21" } }] },
      { role: "tool", toolCallId: "c1", name: "add", content: "24", ok: true },
      { role: "assistant", content: "24" },
    ]);
  });

  it("writes the data set as its clients read it", async () => {
    await start();
    const [row] = await rows();
    expect(row.responses_create_params.input).to.deep.equal([
      { role: "system", content: "Add the two numbers." },
      { role: "user", content: "What is 0 + 0?" },
    ]);
    expect(row.responses_create_params.tools[0]).to.include({ type: "function", name: "add", strict: false });
    expect(row.responses_create_params.tools[0].parameters).to.deep.include({ type: "object" });
  });

  it("gives the same reward when verified again, and lets the session go", async () => {
    await start();
    const { gym } = await client();
    await gym.seed();
    for (let time = 0; time < 2; time++) expect((await gym.verify([message("24")])).body).to.include({ reward: 1 });
    expect(served.journal("judged")).to.have.length(1);
    expect(await served.metric("autotraj_sessions_open")).to.equal(0);
    expect((await gym.post("add", { numbers: "1 1" })).status).to.equal(404);
  });

  it("masks a sample without a valid reward where it is told to, says why, and judges it when asked again", async () => {
    await start({ reward: { silentFor: "3 + 21" }, service: { gymInvalid: "mask" } });
    const { gym } = await client();
    await gym.seed();
    for (let time = 0; time < 2; time++) {
      const { status, body } = await gym.verify([message("24")]);
      expect(status).to.equal(200);
      expect(body).to.deep.include({ mask_sample: true, reward: 0, failure_reason: "REWARD_FAILED: right: the judge said nothing", terms: {} });
      expect(body).to.include.keys("responses_create_params", "response");
    }
    expect(served.journal("judged")).to.have.length(2);
  });

  it("refuses it by default: not all clients know masks, and 0 would be a reward", async () => {
    await start({ reward: { silentFor: "3 + 21" } });
    const { gym } = await client();
    await gym.seed();
    const { status, body } = await gym.verify([message("24")]);
    expect(status).to.equal(503);
    expect(body.error.code).to.equal("REWARD_FAILED");
  });

  it("keeps to the preset's limit of calls, and to their order", async () => {
    await start({ rollout: { dialect: "native", maxToolCalls: 3 } });
    const { gym } = await client();
    await gym.seed();
    const answers = await Promise.all([1, 2, 3, 4].map((number) => gym.post("add", { numbers: `${number} 0` })));
    expect(answers.map(({ status, text }) => (status === 200 ? text : status))).to.deep.equal(["1", "2", "3", 409]);
    expect(answers[3]?.body.error.code).to.equal("TOOL_LIMIT");
    expect((await gym.post("add", { numbers: "5 0" })).status).to.equal(404);
    expect(served.journal("adder")).to.have.length(3);
  });

  it("remembers which results were failures, and which tools broke", async () => {
    await start();
    const { gym } = await client();
    await gym.seed();
    expect((await gym.post("hold", { word: "fail" })).text).to.equal("said fail");
    expect((await gym.post("hold", { word: "break" })).text).to.equal("[the tool is not available]");
    expect((await gym.post("subtract", {})).text).to.contain('there is no tool "subtract"');
    await gym.verify([call("a", "hold", { word: "fail" }), output("a", "said fail"), message("24")]);
    const [{ messages, faults }] = served.journal("judged");
    expect(messages[3]).to.include({ content: "said fail", ok: false });
    expect(faults).to.deep.equal(['tool "hold" broke: it is broken']);
  });

  it("refuses what belongs to no session, to another task, or is no function call", async () => {
    await start({ service: { gymInvalid: "mask" } });
    const { gym } = await client();
    expect((await gym.post("add", { numbers: "1 1" })).body.error.code).to.equal("NO_SESSION");
    await gym.seed();
    expect((await gym.post("verify", { task: "q-3", response: { output: [] } })).body.error.code).to.equal("BAD_REQUEST");
    const other = await gym.post("verify", { task: "q-1", responses_create_params: {}, response: { output: [message("8")] } });
    expect(other.body).to.deep.include({ mask_sample: true });
    expect(other.body.failure_reason).to.contain("TASK_MISMATCH");
    const searched = await gym.verify([{ type: "web_search_call", id: "w" }, message("24")]);
    expect(searched.body.failure_reason).to.contain("BAD_CONVERSATION");
    expect((await gym.post("close_session", {})).status).to.equal(404);
  });

  it("is for presets whose policy calls natively", async () => {
    await start({ rollout: { dialect: "tags" } });
    expect((await served.ask("GET", "/gym/rows")).text).to.equal("");
    const reply = await served.ask("POST", "/gym/seed_session", { task: "q-3", responses_create_params: {} });
    expect(reply.status).to.equal(409);
    expect(reply.body.error.message).to.contain("rollout.dialect: native");
  });
});

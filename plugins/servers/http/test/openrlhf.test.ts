import { expect } from "chai";
import { ANSWER, ask, Served, type Setting, TOKEN } from "./support.ts";

const PROMPT = (question: string) =>
  `<|im_start|>system\nAdd the two numbers.<|im_end|>\n<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n`;

/** As openrlhf/utils/agent.py sends it: one query per request, the whole text with its special tokens, no headers but the content's type. */
function fetchReward(url: string, query: string, prompt: string, label: string) {
  return ask(url, "POST", "", { query: [query], prompts: [prompt], labels: [label] });
}

describe("OpenRLHF's remote reward", () => {
  let served: Served;
  afterEach(() => served?.close());
  const start = async (setting?: Setting) => {
    served = await Served.start(setting);
  };
  const remoteUrl = () => `${served.url}/t/${encodeURIComponent(TOKEN)}/openrlhf`;
  const prompt = PROMPT("What is 3 + 21?");

  it("is the reward of the response, told in OpenRLHF's words", async () => {
    await start({ reward: { factor: 1.5 } });
    const { status, body } = await fetchReward(remoteUrl(), `${prompt}${ANSWER(24)}<|im_end|>`, prompt, "q-3");
    expect(status).to.equal(200);
    expect(body).to.deep.equal({ rewards: [1.5], scores: [1], extra_logs: { right: 1.5 } });
    const [{ messages, faults }] = served.journal("judged");
    expect(messages.at(-1).text).to.equal(ANSWER(24));
    expect(faults).to.deep.equal([]);
  });

  it("takes the task from a label of JSON, and a prompt that the tokenizer put a mark before", async () => {
    await start();
    const { body } = await fetchReward(remoteUrl(), `<s>${prompt}${ANSWER(1)}</s>`, prompt, '{"task":"q-3","split":"train"}');
    expect(body).to.deep.equal({ rewards: [0], scores: [0], extra_logs: { right: 0 } });
  });

  it("judges the answer of a native conversation apart from its thinking", async () => {
    await start({ rollout: { dialect: "native" } });
    const { body } = await fetchReward(remoteUrl(), `${prompt}<think>\n3 + 21</think>\n\n24<|im_end|>\n`, prompt, "q-3");
    expect(body.rewards).to.deep.equal([1]);
    const [{ messages }] = served.journal("judged");
    expect(messages.at(-1)).to.include({ reasoning: "3 + 21", content: "24" });
  });

  it("judges a batch, and nothing twice when it comes again", async () => {
    await start();
    const batch = { query: [1, 24].map((value) => prompt + ANSWER(value)), prompts: [prompt, prompt], labels: ["q-3", "q-3"] };
    for (let time = 0; time < 2; time++) {
      expect((await ask(remoteUrl(), "POST", "", batch)).body).to.deep.equal({ rewards: [0, 1], scores: [0, 1], extra_logs: { right: 0.5 } });
    }
    expect(served.journal("judged")).to.have.length(2);
    expect((await ask(remoteUrl(), "POST", "", batch)).text, "Python must read them as floats").to.equal(
      '{"rewards":[0.0,1.0],"scores":[0.0,1.0],"extra_logs":{"right":0.5}}',
    );
  });

  it("fails with the reason where there is no valid reward, so that the client asks again", async () => {
    await start({ reward: { silentFor: "3 + 21" } });
    const { status, body } = await fetchReward(remoteUrl(), prompt + ANSWER(24), prompt, "q-3");
    expect(status).to.equal(503);
    expect(body).to.deep.equal({ error: { code: "REWARD_FAILED", message: "sample 0 has no reward: right: the judge said nothing" } });
  });

  it("is the operator's fallback where there is one, and is counted as that", async () => {
    await start({ reward: { silentFor: "3 + 21" }, service: { fallbackReward: -1 } });
    const { status, body } = await fetchReward(remoteUrl(), prompt + ANSWER(24), prompt, "q-3");
    expect(status).to.equal(200);
    expect(body).to.deep.equal({ rewards: [-1], scores: [0], extra_logs: {} });
    expect(await served.metric('autotraj_rewards_total{outcome="fallback"}')).to.equal(1);
  });

  for (const [what, query, label, status, code] of [
    ["a label that names no task", prompt, "q-99", 422, "ATRAJ_EPISODE"],
    ["a label without a task", prompt, '{"answer":"24"}', 422, "TASK_UNKNOWN"],
    ["a query that does not begin with its prompt", "cut off", "q-3", 422, "PROMPT_MISMATCH"],
  ] as const) {
    it(`is refused, also with a fallback, for ${what}`, async () => {
      await start({ service: { fallbackReward: 0 } });
      const reply = await fetchReward(remoteUrl(), query, prompt, label);
      expect(reply.status, reply.text).to.equal(status);
      expect(reply.body.error.code).to.equal(code);
    });
  }
});

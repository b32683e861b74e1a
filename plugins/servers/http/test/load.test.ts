import { type IncomingMessage, request } from "node:http";
import { expect } from "chai";
import { Served, TOKEN, until } from "./support.ts";

const MANY = 1000;

/** On a connection of its own, as clients do that keep none open. */
function post(url: string, body: object): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const asking = request(url, { method: "POST", agent: false, headers }, (response: IncomingMessage) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asking.on("error", reject);
    asking.end(JSON.stringify(body));
  });
}

describe("a thousand requests", () => {
  let served: Served;
  afterEach(() => served?.close());

  it("are in flight at the same time, each on its own socket, and each has its own answer", async () => {
    served = await Served.start();
    served.hold();
    const tasks = Array.from({ length: MANY }, (_, index) => ({ task: `q-${index % 6}`, key: `sample ${index}` }));
    const { items } = await served.post("/v1/sessions", { items: tasks });
    const sessions: string[] = items.map(({ session }: { session: string }) => session);
    expect(new Set(sessions).size).to.equal(MANY);
    const turns = sessions.map((session, index) =>
      post(`${served.url}/v1/sessions/${session}/turn`, { index: 0, text: `<hold>${index}</hold>`, finish: "stop" }),
    );
    // All of them and the one that asks; it also shows that the service answers while so many wait.
    await until(async () => (await served.metric("autotraj_requests_in_flight")) === MANY + 1);
    served.release();
    const replies = await Promise.all(turns);
    replies.forEach(({ status, text }, index) => {
      expect(status, text).to.equal(200);
      expect(JSON.parse(text).results[0].content).to.equal(`said ${index}`);
    });
    const { items: scores } = await served.post("/v1/score", { items: sessions.map((session) => ({ id: session, session })) });
    expect(scores.every(({ valid, reward }: { valid: boolean; reward: number }) => valid && reward === 0)).to.equal(true);
  });
});

import { TOOL, type Tool } from "@autotraj/core/plugin";
import { type PluginUnderTest, setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import { failureOf } from "../../../../test/failure.ts";
import plugin from "../src/index.ts";
import { type Fault, type RetrieveServer, retrieveServer } from "./retrieve-server.ts";

const QUICK = { retryDelayMs: 1 };
const ended: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

async function serve(fault?: Fault): Promise<RetrieveServer> {
  const server = await retrieveServer(fault);
  ended.push(() => server.close());
  return server;
}

async function setUp(retrieve: object, options: object = {}): Promise<PluginUnderTest> {
  const plugged = await setupPlugin(plugin, { options: { backend: "retrieve", retrieve: { ...QUICK, ...retrieve }, ...options } });
  ended.push(() => plugged.dispose());
  return plugged;
}

async function connect(retrieve: object, options: object = {}): Promise<Tool> {
  const plugged = await setUp(retrieve, options);
  await plugged.start();
  return plugged.provided(TOOL);
}

const ask = async (tool: Tool, query: string, signal = new AbortController().signal): Promise<string> =>
  (await tool.call({ query }, { session: query, earlier: [], history: [], signal })).content;
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    (error: unknown) => error,
  );
/** Faults for requests of the run; the probe at the start goes well. */
const during =
  (fault: Fault): Fault =>
  (request, number) =>
    number < 0 ? undefined : fault(request, number);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("tool-search at a retrieval server", () => {
  it("speaks Search-R1's protocol", async () => {
    const server = await serve();
    const tool = await connect({ urls: [server.url] }, { topK: 2 });
    expect(await ask(tool, "cats")).to.equal('Doc 1 (Title: "cats 0") Found for cats.\nDoc 2 (Title: "cats 1") Found for cats.');
    expect(server.requests).to.deep.equal([{ queries: ["cats"], topk: 2, return_scores: true }]);
  });

  it("takes documents without scores, and says when there are none", async () => {
    const server = await serve(({ queries }) => ({
      body: JSON.stringify({ result: queries.map((q) => (q === "none" ? [] : [{ contents: "T\nx" }])) }),
    }));
    const tool = await connect({ urls: [server.url] });
    expect(await ask(tool, "one")).to.equal('Doc 1 (Title: "T") x');
    expect(await ask(tool, "none")).to.equal("[no results]");
  });

  it("sends what comes together as one request, each query once", async () => {
    const server = await serve();
    const tool = await connect({ urls: [server.url], batchWindowMs: 50 }, { topK: 1 });
    const answers = await Promise.all(["a", "b", "a", "c"].map((query) => ask(tool, query)));
    expect(answers.map((text) => text.slice(-2, -1))).to.deep.equal(["a", "b", "a", "c"]);
    expect(server.requests.map(({ queries }) => queries)).to.deep.equal([["a", "b", "c"]]);
  });

  it("keeps to the batch size", async () => {
    const server = await serve();
    const tool = await connect({ urls: [server.url], batchSize: 2, batchWindowMs: 50 });
    await Promise.all(["a", "b", "c", "d", "e"].map((query) => ask(tool, query)));
    expect(server.requests.map(({ queries }) => queries.length).sort()).to.deep.equal([1, 2, 2]);
  });

  it("takes its servers in turn, and goes to the next when one fails", async () => {
    const good = await serve();
    const bad = await serve(during(() => 503));
    const tool = await connect({ urls: [bad.url, good.url], batchWindowMs: 0, maxRetries: 1 });
    for (const query of ["a", "b", "c", "d"]) expect(await ask(tool, query)).to.contain(`Found for ${query}.`);
    expect(bad.requests).to.have.length(2);
    expect(good.requests).to.have.length(4);
  });

  for (const status of [429, 500, 503]) {
    it(`asks again after a ${status}`, async () => {
      const server = await serve(during((_, number) => (number < 2 ? status : undefined)));
      const tool = await connect({ urls: [server.url] });
      expect(await ask(tool, "a")).to.contain("Found for a.");
      expect(server.requests).to.have.length(3);
    });
  }

  it("does not ask again what the server refuses for good", async () => {
    const server = await serve(during(() => 404));
    const error = await failure(ask(await connect({ urls: [server.url] }), "a"));
    expect(error).to.have.property("code", "SEARCH_REFUSED");
    expect(error).to.have.property("message", `POST ${server.url} answered 404: {"detail": "status 404"}`);
    expect(server.requests).to.have.length(1);
  });

  it("gives up on a slow server and says how long it waited", async () => {
    const server = await serve(during(() => "hang"));
    const tool = await connect({ urls: [server.url], timeoutMs: 100, maxRetries: 1 });
    const error = await failure(ask(tool, "a"));
    expect(error).to.have.property("code", "SEARCH_UNREACHABLE");
    expect(error).to.have.property("message", `POST ${server.url} gave no whole answer within 100 ms. (the last of 2 attempts)`);
  });

  const WRONG_ANSWERS = {
    "1 queries were asked, 2 answered": '{"result": [[], []]}',
    "the answer is no JSON": "<html>",
    "the answer has no `result` list": '{"detail": "?"}',
    "a document has no `contents`": '{"result": [[{"document": {}, "score": 1}]]}',
  };
  for (const [what, body] of Object.entries(WRONG_ANSWERS)) {
    it(`refuses an answer that is none: ${what}`, async () => {
      const server = await serve(during(() => ({ body })));
      const error = await failure(ask(await connect({ urls: [server.url], maxRetries: 2 }), "a"));
      expect(error).to.have.property("code", "SEARCH_ANSWER");
      expect(error).to.have.property("message", `POST ${server.url}: ${what}: ${body} (the last of 3 attempts)`);
    });
  }

  it("keeps one query that the server chokes on from costing the others their answers", async () => {
    const server = await serve(during(({ queries }) => (queries.includes("poison") ? 500 : undefined)));
    const tool = await connect({ urls: [server.url], maxRetries: 1, batchWindowMs: 50 });
    const answers = await Promise.allSettled(["a", "b", "poison", "c", "d"].map((query) => ask(tool, query)));
    expect(answers.map(({ status }) => status)).to.deep.equal(["fulfilled", "fulfilled", "rejected", "fulfilled", "fulfilled"]);
    expect(answers[4]).to.have.property("value").that.contains("Found for d.");
    expect(answers[2]).to.have.nested.property("reason.code", "SEARCH_REFUSED");
  });
});

describe("tool-search cancelled", () => {
  it("leaves the rest of a batch alone", async () => {
    const server = await serve();
    const tool = await connect({ urls: [server.url], batchWindowMs: 50 });
    const leaving = new AbortController();
    const left = failure(ask(tool, "left", leaving.signal));
    const stayed = ask(tool, "stayed");
    leaving.abort(new Error("gone"));
    expect(await left).to.have.property("message", "gone");
    expect(await stayed).to.contain("Found for stayed.");
    expect(server.requests.map(({ queries }) => queries)).to.deep.equal([["stayed"]]);
  });

  it("breaks off a request that nobody waits for", async () => {
    const server = await serve(during(() => "hang"));
    const tool = await connect({ urls: [server.url], batchWindowMs: 0 });
    const leaving = new AbortController();
    const left = ["a", "b"].map((query) => failure(ask(tool, query, leaving.signal)));
    while (server.requests.length === 0) await sleep(5);
    leaving.abort(new Error("gone"));
    for (const error of await Promise.all(left)) expect(error).to.have.property("message", "gone");
    while (server.brokenOff === 0) await sleep(5);
    expect(server.requests).to.have.length(1);
  });

  it("ends what is under way when its run ends", async () => {
    const server = await serve(during(() => "hang"));
    const plugged = await setUp({ urls: [server.url], batchWindowMs: 0 });
    await plugged.start();
    const pending = failure(ask(plugged.provided(TOOL), "a"));
    while (server.requests.length === 0) await sleep(5);
    await plugged.dispose();
    expect(await pending).to.have.property("code", "SEARCH_CLOSED");
  });
});

describe("tool-search before the first question", () => {
  it("stops where no server answers", async () => {
    const gone = await retrieveServer();
    await gone.close();
    const error = await failureOf((await setUp({ urls: [gone.url], maxRetries: 2 })).start());
    expect(error).to.have.property("code", "SEARCH_UNREACHABLE");
    expect(error)
      .to.have.property("message")
      .that.matches(/ECONNREFUSED.*\(the last of 3 attempts\)$/);
    expect(error).to.have.property("hint").that.contains("Start the retrieval server");
  });

  it("warns where only some do", async () => {
    const gone = await retrieveServer();
    await gone.close();
    const plugged = await setUp({ urls: [gone.url, (await serve()).url], maxRetries: 0 });
    await plugged.start();
    expect(plugged.warnings).to.have.length(1);
    expect(plugged.warnings[0]).to.contain("The other servers are used.");
  });

  it("refuses URLs that are missing, none, or hold credentials", async () => {
    const messages = await Promise.all(
      [[], ["localhost:8000"], ["http://user:pw@localhost/retrieve"]].map(async (urls) => ((await failure(setUp({ urls }))) as Error).message),
    );
    expect(messages[0]).to.contain("`retrieve.urls` is empty");
    expect(messages[1]).to.contain("`retrieve.urls[0]` is not an http(s) URL");
    expect(messages[2]).to.contain("holds credentials").and.not.to.contain("pw");
  });

  it("has an identity of its servers, whatever their order, and of what is shown", async () => {
    const [a, b] = [await serve(), await serve()];
    const identity = async (urls: string[], options = {}) => (await connect({ urls }, options)).identity;
    expect(await identity([a.url, b.url])).to.equal(await identity([b.url, a.url]));
    expect(new Set([await identity([a.url]), await identity([b.url]), await identity([a.url], { topK: 9 })]).size).to.equal(3);
  });
});

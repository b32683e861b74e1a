import { createRequire } from "node:module";
import { expect } from "chai";
import { ADD, ANSWER, type Json, Served } from "./support.ts";

interface Check {
  (value: unknown): boolean;
  readonly errors?: readonly object[] | null;
}
type Validator = new (options: { strict: boolean }) => { compile(schema: object): Check };

// Core's own: the tests add no dependency for one check.
const { Ajv } = createRequire(import.meta.resolve("@autotraj/core"))("ajv") as { Ajv: Validator };

/** One request for each thing that can be answered. */
const REQUESTS: readonly (readonly [method: string, path: string, body?: object | ((session: string) => object)])[] = [
  ["GET", "/healthz"],
  ["GET", "/metrics"],
  ["GET", "/openapi.json"],
  ["GET", "/v1/tasks?offset=1&limit=2"],
  ["GET", "/v1/tasks/q-3"],
  ["GET", "/v1/tasks/q-99"],
  ["POST", "/v1/sessions", { items: [{ task: "q-0", key: "k" }, { task: "q-99" }] }],
  ["POST", "/v1/sessions", { items: "none" }],
  ["POST", "/v1/turns", (session) => ({ items: [turn(session, 0, ADD(3, 21)), turn("nobody", 0, "")] })],
  ["POST", "/v1/sessions/{id}/turn", { index: 1, text: ANSWER(24), finish: "stop" }],
  [
    "POST",
    "/v1/score",
    (session) => ({
      items: [
        { id: "a", session },
        { id: "b", task: "q-3", text: ANSWER(24) },
        { id: "c", task: "q-3", messages: [{ role: "assistant", content: "hm", name: "student" }], dialect: "native", finish: "length" },
        { id: "d", task: "q-99", text: "" },
      ],
    }),
  ],
  ["DELETE", "/v1/sessions/{id}"],
  ["POST", "/openrlhf", { query: [`p${ANSWER(24)}`], prompts: ["p"], labels: ["q-3"] }],
  ["POST", "/openrlhf", { query: ["p"], prompts: [], labels: [] }],
  ["POST", "/llamafactory", { model: "model", messages: [`Add the two numbers.\nWhat is 3 + 21?\nAssistant:${ANSWER(24)}`] }],
  ["GET", "/gym/rows"],
  ["POST", "/gym/seed_session", { task: "n-0", responses_create_params: {} }],
  ["POST", "/gym/add", { numbers: "1 2" }],
  ["POST", "/gym/verify", { task: "q-3", responses_create_params: {}, response: { output: [] } }],
];

function turn(session: string, index: number, text: string) {
  return { session, index, text, finish: "stop" };
}

describe("/openapi.json", () => {
  let served: Served;
  let document: Json;
  before(async () => {
    served = await Served.start();
    document = await served.get("/openapi.json");
  });
  after(() => served.close());

  /** The operation that a request belongs to: fixed paths come before those with a name in them. */
  function operationOf(method: string, path: string): { route: string; operation: Json } {
    const bare = path.split("?")[0] ?? "";
    const matches = Object.keys(document.paths).filter((route) => new RegExp(`^${route.replace(/\{\w+\}/g, "[^/]+")}$`).test(bare));
    const route =
      matches.find((one) => one === bare && document.paths[one][method.toLowerCase()]) ??
      matches.find((one) => document.paths[one][method.toLowerCase()]);
    if (route === undefined) throw new Error(`the document has no ${method} ${path}`);
    return { route, operation: document.paths[route][method.toLowerCase()] };
  }

  /** Schemas refer to those that the document has names for. */
  function compile(schema: object): Check {
    return new Ajv({ strict: false }).compile({ ...schema, components: document.components });
  }

  it("is OpenAPI 3.1, with the security that there is", () => {
    expect(document.openapi).to.equal("3.1.0");
    expect(document.info.version).to.match(/^\d+\.\d+\.\d+$/);
    expect(document.paths["/healthz"].get.security).to.deep.equal([]);
    expect(document.security).to.deep.equal([{ token: [] }]);
    expect(document.servers.map(({ url }: Json) => url)).to.deep.equal(["/", "/t/{token}"]);
    expect(document.components.schemas).to.have.all.keys("Problem", "ChatMessage", "ResponseOutput", "Step", "Score", "Task");
    for (const [path, operations] of Object.entries<Json>(document.paths)) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const operation of Object.values<Json>(operations)) {
        const declared = (operation.parameters ?? []).filter((one: Json) => one.in === "path").map((one: Json) => one.name);
        expect(declared, path).to.deep.equal(names);
        expect(operation.summary, path).to.be.a("string");
      }
    }
  });

  it("tells of every route, and every answer is as it says", async () => {
    const session = await served.begin("q-3");
    const asked = new Set<string>();
    for (const [method, template, body] of REQUESTS) {
      const path = template.replace("{id}", session);
      const { route, operation } = operationOf(method, path);
      asked.add(`${method} ${route}`);
      const sent = typeof body === "function" ? body(session) : body;
      const reply = await served.ask(method, path, sent);
      const told = operation.responses[reply.status] ?? operation.responses.default;
      const where = `${method} ${path} → ${reply.status} ${reply.text.slice(0, 300)}`;
      if (reply.status < 400) expect(operation.responses, where).to.have.property(String(reply.status));
      const [[contentType, content] = [undefined, undefined]] = Object.entries<Json>(told.content ?? {});
      if (contentType === undefined) {
        expect(reply.text, where).to.equal("");
        continue;
      }
      expect(reply.headers.get("content-type"), where).to.contain(contentType);
      const check = compile(content.schema);
      expect(check(reply.body ?? reply.text), `${where}: ${JSON.stringify(check.errors)}`).to.equal(true);
      if (sent === undefined) continue;
      // What was served must be allowed by the document, and what was refused as no such request must not.
      const allowed = compile(operation.requestBody.content["application/json"].schema)(sent);
      if (reply.status < 400) expect(allowed, where).to.equal(true);
      if (reply.body?.error?.code === "BAD_REQUEST" && reply.body.error.message.startsWith("body")) expect(allowed, where).to.equal(false);
    }
    const told = Object.entries<Json>(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect([...asked].sort()).to.deep.equal(told.sort());
  });
});

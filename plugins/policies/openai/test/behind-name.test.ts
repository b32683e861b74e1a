import { expect } from "chai";
import { BehindName } from "../src/behind-name.ts";
import { anySignal, closeAll, fake, setUp, turn } from "./support.ts";

describe("what stands behind a model's name", () => {
  afterEach(closeAll);

  function told(model = "student") {
    const found: string[] = [];
    return { found, behind: new BehindName(model, (name, value) => found.push(`${name}: ${value}`)) };
  }

  it("is what the server lists under the name, and nothing of other models", () => {
    const { found, behind } = told();
    const student = { id: "student", object: "model", root: "/models/qwen3-8b", created: 1700000000, owned_by: "vllm", max_model_len: 4096 };
    behind.listed({ object: "list", data: [{ id: "teacher", root: "/models/other" }, student] });
    expect(found).to.deep.equal(["listed as: root /models/qwen3-8b, created 1700000000, owned_by vllm"]);
  });

  it("is what answers call themselves, each told once", () => {
    const { found, behind } = told("gpt-4o");
    for (const model of ["gpt-4o-2024-08-06", "gpt-4o-2024-08-06", "gpt-4o-2024-11-20", "gpt-4o-2024-08-06"]) behind.answered({ model, choices: [] });
    behind.answered({ model: "gpt-4o-2024-08-06", system_fingerprint: "fp_1" });
    expect(found).to.deep.equal([
      "answers as: model gpt-4o-2024-08-06",
      "answers as: model gpt-4o-2024-11-20",
      "answers as: model gpt-4o-2024-08-06, system_fingerprint fp_1",
    ]);
  });

  it("stays unsaid where the server says nothing that could be read", () => {
    const { found, behind } = told();
    for (const answer of [undefined, null, "student", [], {}, { data: "student" }, { data: [null, { id: "student" }] }]) {
      behind.listed(answer);
      behind.answered(answer);
    }
    expect(found).to.deep.equal([]);
  });

  it("is asked for at the start and read from every answer", async () => {
    const server = await fake({ models: () => [{ id: "test-model", root: "/models/a" }] });
    const plugged = await setUp(server.baseURL);
    await plugged.start();
    await plugged.policy.generate(turn(), anySignal);
    expect(plugged.found).to.include({ "listed as": "root /models/a" });
    expect(plugged.found["answers as"]).to.match(/^model \S+/);
    expect(server.calls).to.have.length(1);
  });

  it("is no reason to fail: a server that is away is told of by the first turn", async () => {
    const plugged = await setUp("http://127.0.0.1:9/v1");
    await plugged.start();
    expect(plugged.found).to.deep.equal({});
  });
});

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type FakeServer, startFakeOpenAI } from "../fake-openai/server.ts";
import { inThisProcess } from "./in-this-process.ts";
import { newFolder } from "./sums.ts";

describe("doctor", function () {
  this.timeout(180_000);
  let folder: string;
  let server: FakeServer;

  before(async () => {
    folder = newFolder();
    server = await startFakeOpenAI({
      answer: () => ({ text: "ok", extra: { model: "good-2026-01-01" } }),
      fault: ({ body: { model } }) => {
        if (model === "locked") return { kind: "status", status: 401, message: "Incorrect API key provided" };
        return model === "lost" ? { kind: "status", status: 404, code: "model_not_found", message: "The model `lost` does not exist" } : undefined;
      },
    });
  });
  after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  it("asks each endpoint one tiny question, and says which model answered, and why another did not", async () => {
    const policy = (model: string, more: object = {}) => ({ use: "@autotraj/policy-openai", options: { model, baseURL: server.baseURL, ...more } });
    const preset = {
      plugins: {
        good: policy("good"),
        locked: policy("locked"),
        lost: policy("lost"),
        away: policy("away", { baseURL: "http://127.0.0.1:9/v1", maxRetries: 0 }),
        keyless: policy("keyless", { apiKey: { $env: "NOBODY_SETS_THIS" } }),
      },
      rollout: { policy: "good" },
    };
    writeFileSync(join(folder, "mine.json"), JSON.stringify(preset));
    const { code, stdout, stderr } = await inThisProcess(["doctor", "mine.json", "--json"], folder);
    expect(code, stderr).to.equal(1);
    const findings = JSON.parse(stdout) as readonly { what: string; state: string; detail: string }[];
    const of = (what: string) => findings.find((finding) => finding.what === what);
    expect(of('model of "good"')?.state).to.equal("ok");
    expect(of('model of "good"')?.detail).to.match(/^good \(answers as model good-2026-01-01\) answered in \d+\.\d s, 1 token$/);
    expect(of('model of "locked"')?.state).to.equal("bad");
    expect(of('model of "locked"')?.detail).to.contain("401").and.contain("Incorrect API key");
    expect(of('model of "lost"')?.detail).to.contain("404").and.contain("does not exist");
    expect(of('model of "away"')?.detail).to.contain("ECONNREFUSED").and.contain("Check that the server runs");
    expect(of("NOBODY_SETS_THIS")?.detail).to.contain("plugins.keyless.options.apiKey takes its value from the environment variable");
    expect(of('model of "keyless"')).to.equal(undefined);
    expect(server.calls.filter(({ body }) => body.model === "good")).to.have.length(1);
    expect(server.calls[0]?.body.max_tokens).to.be.at.most(16);
  });
});

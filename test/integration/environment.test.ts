import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { getGlobalDispatcher, setGlobalDispatcher } from "undici";
import { prepareEnvironment } from "../../cli/src/environment.ts";
import { openEndpoint } from "../../plugins/policies/openai/src/endpoint.ts";
import { writeDemo } from "./demo.ts";
import { inThisProcess } from "./in-this-process.ts";
import { newFolder } from "./sums.ts";

/** The environment as it was, after each test. */
function restoresEnvironment(): void {
  let before: NodeJS.ProcessEnv;
  const dispatcher = getGlobalDispatcher();
  beforeEach(() => {
    before = { ...process.env };
  });
  afterEach(() => {
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, before);
    setGlobalDispatcher(dispatcher);
  });
}

describe("the .env beside a preset", function () {
  this.timeout(60_000);
  restoresEnvironment();
  let folder: string;
  beforeEach(() => {
    folder = newFolder();
    writeDemo(folder, { journal: { $env: "DEMO_JOURNAL" } });
    writeFileSync(
      join(folder, ".env"),
      `# where\nDEMO_JOURNAL="${join(folder, "journal-of-dot-env.jsonl")}"\nDEMO_TOKEN=token-of-dot-env\nexport DEMO_EMPTY=\n`,
    );
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is read, by run and by what goes on with the run from elsewhere, and its values are written nowhere", async () => {
    const { code, stdout, stderr } = await inThisProcess(["run", "demo.json", "--out", "out"], folder);
    expect(code, stderr).to.equal(0);
    expect(readFileSync(join(folder, "journal-of-dot-env.jsonl"), "utf8")).not.to.equal("");
    for (const said of [
      stdout,
      stderr,
      readFileSync(join(folder, "out/log.jsonl"), "utf8"),
      readFileSync(join(folder, "out/preset.resolved.yaml"), "utf8"),
    ]) {
      expect(said).not.to.contain("of-dot-env");
    }
    delete process.env["DEMO_JOURNAL"];
    expect((await inThisProcess(["resume", join(folder, "out")], "/")).code).to.equal(0);
    expect(process.env["DEMO_TOKEN"]).to.equal("token-of-dot-env");
  });

  it("never takes the place of what the environment says, but of what is empty there", async () => {
    process.env["DEMO_TOKEN"] = "of the environment";
    process.env["DEMO_JOURNAL"] = "";
    expect((await inThisProcess(["config", "print", "demo.json"], folder)).code).to.equal(0);
    expect(process.env["DEMO_TOKEN"]).to.equal("of the environment");
    expect(process.env["DEMO_JOURNAL"]).to.contain("journal-of-dot-env");
  });

  it("is not missed where there is none", async () => {
    rmSync(join(folder, ".env"));
    const { code, stderr } = await inThisProcess(["run", "demo.json"], folder);
    expect(code).to.equal(2);
    expect(stderr).to.contain("the environment variable DEMO_JOURNAL, which is not set");
  });
});

describe("a proxy that the environment names", () => {
  restoresEnvironment();
  let proxy: Server;
  let asked: string[];
  const address = () => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  beforeEach(async () => {
    asked = [];
    proxy = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.end(JSON.stringify({ data: [] }));
    });
    await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
    for (const name of ["http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "ALL_PROXY", "all_proxy"]) delete process.env[name];
    process.env["HTTP_PROXY"] = address();
  });
  afterEach(() => proxy.close());

  const ask = async (baseURL: string) => {
    const endpoint = openEndpoint({ baseURL, apiKey: "", headers: {}, timeoutMs: 5000, silenceTimeoutMs: 5000 });
    try {
      await endpoint.models(new AbortController().signal);
    } finally {
      await endpoint.close();
    }
  };

  it("is what policies reach their endpoints through", async () => {
    await ask("http://model.invalid/v1");
    expect(asked).to.deep.equal(["http://model.invalid/v1/models"]);
  });

  it("stands between nobody and this machine itself, nor what NO_PROXY names", async () => {
    await ask(`${address()}/v1`);
    expect(asked).to.deep.equal(["/v1/models"]);
    process.env["NO_PROXY"] = "model.invalid";
    const error = await ask("http://model.invalid/v1").catch((thrown: unknown) => thrown);
    expect(error).to.be.an("error");
    expect(asked).to.have.length(1);
  });

  it("is what every other request of a command goes through, and those to this machine do not", async () => {
    await prepareEnvironment({});
    await fetch("http://hub.invalid/file");
    await fetch(`${address()}/own`);
    expect(asked).to.deep.equal(["http://hub.invalid/file", "/own"]);
    expect(process.env["NO_PROXY"]).to.equal("localhost,127.0.0.1,::1");
  });
});

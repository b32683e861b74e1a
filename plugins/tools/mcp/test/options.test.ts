import { setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../src/index.ts";
import { checkDistinct, definitionOf, type ServerTool } from "../src/server-tools.ts";
import { cleanUp, failure, type StartOptions, startEntry, startFaulty } from "./entry.ts";

describe("tool-mcp's options", function () {
  this.timeout(60_000);
  afterEach(cleanUp);

  it("belong to one transport: what is missing or of no use is an error before anything is started", async () => {
    const messageOf = async (options: StartOptions) => (await failure(() => startEntry(options))).message;
    expect(await messageOf({})).to.equal("transport: stdio needs `command`.");
    expect(await messageOf({ transport: "http" })).to.equal("transport: http needs `url`.");
    expect(await messageOf({ command: "x", headers: { Accept: "anything" } })).to.equal("transport: stdio has no use for `headers`.");
    expect(await messageOf({ transport: "http", url: "http://localhost/mcp", args: ["x"], cwd: "/" })).to.equal(
      "transport: http has no use for `args`, `cwd`.",
    );
    expect(await messageOf({ transport: "http", url: "file:///etc/passwd" })).to.equal("`url` is not an http or https address.");
    expect((await failure(() => startEntry({ url: "http://localhost/mcp" }))).hint).to.contain("transport: http");
  });

  it("start nothing in setup, and a disposal without a start is harmless", async () => {
    const plugged = await setupPlugin(plugin, { options: { command: "no-such-program" } });
    await plugged.dispose();
    expect(plugged.warnings).to.deep.equal([]);
  });

  it("decide a tool's identity, but for secrets", async () => {
    const identityOf = async (options: StartOptions, env?: Record<string, string>) => (await startFaulty(options, env)).tools.get("count")?.identity;
    const plain = await identityOf({});
    expect(plain).to.match(/^[0-9a-f]{16}$/);
    expect(await identityOf({ concurrency: 3, restart: { max: 1 } })).to.equal(plain);
    for (const other of [{ timeoutMs: 999 }, { maxCharacters: 7 }, { perSession: true }]) expect(await identityOf(other)).not.to.equal(plain);
    expect(await identityOf({ secretEnv: { KEY: "one-secret" } })).to.equal(await identityOf({ secretEnv: { KEY: "another-secret" } }));
  });

  it("warn of a secret among the plain variables", async () => {
    const { warnings } = await startFaulty({ tools: ["count"] }, { GITHUB_TOKEN: "t" });
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.contain("`env.GITHUB_TOKEN` looks like a secret");
  });

  it("refuse names that chat APIs do not take, and names that two tools would share", () => {
    const tool = (name: string): ServerTool => ({ name, description: "", inputSchema: { type: "object" }, repeatable: false, needsTask: false });
    expect(definitionOf(tool("n".repeat(60)), "abc_").name).to.have.length(64);
    expect(() => definitionOf(tool("n".repeat(60)), "abcd_")).to.throw(/has 65 characters; chat APIs take 64/);
    const alike = ["a.b", "a/b"].map((name) => definitionOf(tool(name), ""));
    expect(() => checkDistinct(alike)).to.throw('two tools of the server would be called "a_b"');
  });
});

import { dialects } from "@autotraj/core";
import { DIALECTS, EPISODE_SERVER, type EpisodeServer, type EpisodeService, SECRETS, type ServedEpisodes } from "@autotraj/core/plugin";
import { type PluginUnderTest, setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../src/index.ts";
import { ask } from "./support.ts";

const SECRETS_OF_THE_TEST = { hide: (text: string) => text.replaceAll("s3cret", "<hidden>") };

/** An engine that plays nothing, and breaks when it is asked for a turn. */
const BROKEN = {
  open: 0,
  turn: () => Promise.reject(new Error("the tool's server refused the key s3cret")),
  scoreTrajectories: () => Promise.reject(new Error("the judge's server refused the key s3cret")),
  end: () => {},
} as unknown as EpisodeService;

describe("the plugin @autotraj/server-http", () => {
  let plugged: PluginUnderTest | undefined;
  let server: EpisodeServer;
  const setUp = async (options: object = {}) => {
    await plugged?.dispose();
    plugged = await setupPlugin(plugin, {
      options,
      services: [
        [DIALECTS, dialects],
        [SECRETS, SECRETS_OF_THE_TEST],
      ],
    });
    server = plugged.provided(EPISODE_SERVER);
  };
  afterEach(() => plugged?.dispose());

  const status = async ({ url, token }: ServedEpisodes, path: string) =>
    (await ask(url, "GET", path, undefined, token === "" ? {} : { authorization: `Bearer ${token}` })).status;

  it("listens on this machine only, on a free port, with a new token, and knows tasks by their ids", async () => {
    await setUp();
    const [one, other] = [await server.serve(BROKEN), await server.serve(BROKEN)];
    expect(one.url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(one.token).to.match(/^[\w-]{43}$/);
    expect(other.token).not.to.equal(one.token);
    expect(await status(one, "/metrics")).to.equal(200);
    expect(await status({ ...one, token: other.token }, "/metrics")).to.equal(401);
    expect(await status(one, "/v1/tasks")).to.equal(404);
  });

  it("takes another token, or none on this machine's own addresses", async () => {
    await setUp();
    expect(await server.serve(BROKEN, { token: "mine" })).to.have.property("token", "mine");
    const open = await server.serve(BROKEN, { token: null, tasks: new Map() });
    expect(open.token).to.equal("");
    expect(await status(open, "/v1/tasks")).to.equal(200);
    const refused = await server.serve(BROKEN, { token: null, host: "0.0.0.0" }).catch((error: unknown) => error);
    expect(refused).to.have.property("code", "TOKEN_NEEDED");
  });

  it("speaks the protocols that it is told to, and names the tools that they leave no place for", async () => {
    await setUp({ protocols: ["openrlhf"] });
    const { url, token } = await server.serve(BROKEN, { tasks: new Map() });
    const paths = Object.keys((await ask(url, "GET", "/openapi.json", undefined, { authorization: `Bearer ${token}` })).body.paths);
    expect(paths).to.include("/openrlhf").and.not.include.members(["/llamafactory", "/gym/verify"]);
    expect([...server.reservedToolNames]).to.deep.equal([]);
    await setUp();
    expect([...server.reservedToolNames]).to.include("verify");
  });

  it("shows no secret to clients, nor to its operator", async () => {
    await setUp();
    const { url, token } = await server.serve(BROKEN);
    const authorization = `Bearer ${token}`;
    const turn = await ask(url, "POST", "/v1/sessions/s/turn", { index: 0, text: "", finish: "stop" }, { authorization });
    expect(turn.body).to.deep.equal({ error: { code: "INTERNAL", message: "the tool's server refused the key <hidden>" } });
    const items = [{ session: "s", index: 0, text: "", finish: "stop" }];
    expect((await ask(url, "POST", "/v1/turns", { items }, { authorization })).text)
      .to.include("<hidden>")
      .and.not.include("s3cret");
    expect(plugged?.warnings).to.deep.equal(["INTERNAL: the tool's server refused the key <hidden>"]);
  });

  it("lets go of what it served", async () => {
    await setUp();
    const [drained, closed, left] = [await server.serve(BROKEN), await server.serve(BROKEN), await server.serve(BROKEN)];
    await drained.drain();
    await closed.close();
    await plugged?.dispose();
    for (const { url } of [drained, closed, left]) expect(await ask(url, "GET", "/healthz").catch(() => "nobody there")).to.equal("nobody there");
  });
});

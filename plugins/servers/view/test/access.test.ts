import { join } from "node:path";
import { expect } from "chai";
import { generateRun } from "../../../../test/generated-run.ts";
import { Viewing } from "./viewing.ts";

describe("who is let into the viewer", () => {
  const viewing = new Viewing();
  before(async () => {
    const runDir = join(viewing.folder, "small");
    generateRun({ runDir, trajectories: 10 });
    await viewing.open([runDir]);
  });
  after(() => viewing.close());

  it("is nobody without the link, and the first browser that opens it", async () => {
    const before = await viewing.ask("/api/runs");
    expect(before.status).to.equal(401);
    expect(JSON.parse(before.text).error).to.have.property("code", "UNAUTHORIZED");
    const secret = new URL(viewing.link).pathname;
    expect((await viewing.ask(`${secret.slice(0, -1)}!`)).status, "another secret").to.equal(401);
    await viewing.enter();
    expect((await viewing.ask("/api/runs")).status).to.equal(200);
  });

  it("is no second browser: the link is used up", async () => {
    const again = await viewing.ask(new URL(viewing.link).pathname, { cookie: "" });
    expect(again.status).to.equal(401);
    expect(again.headers).not.to.have.property("set-cookie");
    expect(JSON.parse(again.text).error.code).to.equal("LINK_USED");
  });

  it("is nobody with another cookie", async () => {
    const { port } = new URL(viewing.link);
    for (const cookie of [`autotraj_view_${port}=x`, `autotraj_view_${port}=`, "autotraj_view=x"]) {
      expect((await viewing.ask("/api/runs", { cookie })).status, cookie).to.equal(401);
    }
  });

  it("is no name but this machine's: a page that has its own name point here is refused", async () => {
    const { port } = new URL(viewing.link);
    for (const host of [
      `evil.example:${port}`,
      "evil.example",
      `127.0.0.1.evil.example:${port}`,
      `127.0.0.2:${port}`,
      "127.0.0.1:1",
      `localhost:${port}.`,
    ]) {
      const refused = await viewing.ask("/api/runs", { host });
      expect(refused.status, host).to.equal(403);
    }
    expect((await viewing.ask("/api/runs", { host: `localhost:${port}` })).status).to.equal(200);
  });

  it("is no page of another origin, though the browser would send the cookie", async () => {
    const { port } = new URL(viewing.link);
    for (const origin of [
      "http://evil.example",
      "null",
      `http://127.0.0.1:${Number(port) + 1}`,
      `https://127.0.0.1:${port}`,
      `http://localhost:${port}`,
    ]) {
      expect((await viewing.ask("/api/runs", { origin })).status, origin).to.equal(403);
    }
    for (const site of ["cross-site", "same-site"]) {
      expect(
        (await viewing.ask("/api/runs", { "sec-fetch-site": site, "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script" })).status,
        site,
      ).to.equal(403);
    }
    expect((await viewing.ask("/api/runs", { origin: viewing.origin, "sec-fetch-site": "same-origin" })).status).to.equal(200);
  });

  it("asks and sends, and does nothing else: any other method is refused, and what is sent where nothing is taken", async () => {
    for (const method of ["PUT", "PATCH", "DELETE", "OPTIONS"]) expect((await viewing.ask("/api/runs", {}, method)).status, method).to.equal(405);
    for (const path of ["/api/runs", "/api/runs/small/trajectories", "/", "/api/runs/small/curation/draft/t-1"]) {
      expect((await viewing.send(path, {})).status, path).to.equal(404);
    }
  });

  it("gets a page that loads nothing from elsewhere and runs nothing but the app's own file", async () => {
    for (const path of ["/", "/r/small/trajectories", "/api/runs", "/assets/app.js", "/nothing.js", "/api/nothing"]) {
      const { headers } = await viewing.ask(path);
      const policy = String(headers["content-security-policy"]);
      expect(policy, path).to.include("default-src 'none'").and.to.include("script-src 'self';").and.to.include("frame-ancestors 'none'");
      expect(policy, path).not.to.match(/unsafe|https?:|\*/);
      expect(headers, path).to.include({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "x-frame-options": "DENY" });
      expect(headers, path).to.have.property("cross-origin-resource-policy", "same-origin");
      expect(headers, path).not.to.have.property("access-control-allow-origin");
    }
    const [one, other] = [await viewing.ask("/"), await viewing.ask("/")];
    expect(one.headers["content-security-policy"], "a nonce is used once").not.to.equal(other.headers["content-security-policy"]);
  });

  it("reaches no file but the app's", async () => {
    for (const path of ["/assets/../index.html", "/assets/..%2f..%2fpackage.json", "/assets/%2e%2e/%2e%2e/index.js", "/assets//etc/passwd"]) {
      const { status, text } = await viewing.ask(path);
      if (status === 200) expect(text, path).to.include('<div id="app">');
      else expect(status, path).to.be.within(400, 404);
    }
  });

  it("is told what was wrong with what it asked", async () => {
    for (const [path, status] of [
      ["/api/runs/other/overview", 404],
      ["/api/runs/small/trajectories/t-none", 404],
      ["/api/runs/small/repairs/t-none", 404],
      ["/api/runs/small/trajectories?after=1;DROP", 400],
      ["/api/runs/small/trajectories/t-none/text?message=-1", 400],
    ] as const) {
      const answer = await viewing.ask(path);
      expect(answer.status, path).to.equal(status);
      expect(JSON.parse(answer.text).error.message, path).to.be.a("string").and.not.to.equal("");
    }
  });
});

describe("the cookie of the viewer", () => {
  it("is out of reach for scripts and for other sites", async () => {
    const viewing = new Viewing();
    const runDir = join(viewing.folder, "small");
    generateRun({ runDir, trajectories: 10 });
    await viewing.open([runDir]);
    const { status, headers } = await viewing.ask(new URL(viewing.link).pathname);
    expect(status).to.equal(302);
    expect(String(headers["set-cookie"])).to.include("HttpOnly").and.to.include("SameSite=Strict");
    await viewing.close();
  });
});

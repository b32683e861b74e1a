import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { generateRun } from "../../../../test/generated-run.ts";
import type { CurationAnswer, DraftAnswer, TrajectoryPage } from "../src/api.ts";
import { Viewing } from "./viewing.ts";

const PATH = "/api/runs/small/curation";

describe("what people do to rows, over HTTP", () => {
  const viewing = new Viewing();
  const runDir = join(viewing.folder, "small");
  let id: string;
  before(async () => {
    generateRun({ runDir, trajectories: 30 });
    await viewing.open([runDir]);
    await viewing.enter();
    await viewing.indexed("small");
    const { rows } = await viewing.json<TrajectoryPage>("/api/runs/small/trajectories?fate=kept");
    id = rows[0]?.id ?? "";
  });
  after(() => viewing.close());

  const problemOf = async (asked: ReturnType<Viewing["send"]>) => {
    const { status, text } = await asked;
    return { status, ...JSON.parse(text).error };
  };

  it("is taken from nobody but the viewer's own pages: host, origin, site, kind of content and cookie must all be right", async () => {
    const { port } = new URL(viewing.origin);
    const drop = { kind: "drop", on: id };
    for (const [headers, status] of [
      [{ origin: "http://evil.example" }, 403],
      [{ origin: "null" }, 403],
      [{ origin: `http://127.0.0.1:${Number(port) + 1}` }, 403],
      [{ "sec-fetch-site": "cross-site" }, 403],
      [{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", origin: "https://evil.example" }, 403],
      [{ "sec-fetch-site": "same-site" }, 403],
      [{ host: `evil.example:${port}` }, 403],
      [{ "content-type": "text/plain" }, 415],
      [{ "content-type": "application/x-www-form-urlencoded" }, 415],
      [{ "content-type": "text/plain; application/json" }, 415],
      [{ cookie: "" }, 401],
      [{ cookie: `autotraj_view_${port}=x` }, 401],
    ] as const) {
      expect((await viewing.send(PATH, drop, headers as unknown as Record<string, string>)).status, JSON.stringify(headers)).to.equal(status);
    }
    const { status } = await viewing.ask(PATH, { "content-type": "application/json" }, "POST", JSON.stringify(drop));
    expect(status, "without an origin").to.equal(403);
    expect(existsSync(join(runDir, "curation")), "nothing was written").to.equal(false);
  });

  it("is kept with who and when beside the run, which stays as it was, and is undone by an act", async () => {
    const db = readFileSync(join(runDir, "run.db"));
    const { status, text } = await viewing.send(PATH, { kind: "verdict", on: id, decision: "refuse", reason: "by luck" });
    expect(status, text).to.equal(200);
    const act = JSON.parse(text);
    expect(act).to.include({ kind: "verdict", on: id, said: "refuse: by luck", undoneBy: null });
    const before = await viewing.json<CurationAnswer>(PATH);
    expect(before.acts).to.deep.equal([act]);
    expect(before.rows[id]).to.include({ verdict: "refuse" });
    expect(before.by).to.equal(act.by);
    await viewing.send(PATH, { kind: "undo", act: act.id });
    const after = await viewing.json<CurationAnswer>(PATH);
    expect(after.acts[0]?.undoneBy).to.equal(after.acts[1]?.id);
    expect(after.rows[id]).to.equal(undefined);
    expect(readFileSync(join(runDir, "run.db")).equals(db)).to.equal(true);
  });

  it("is refused with a reason where it says nothing new, or is none", async () => {
    await viewing.send(PATH, { kind: "mark", on: id });
    expect(await problemOf(viewing.send(PATH, { kind: "mark", on: id }))).to.include({ status: 409, message: "It is marked already." });
    expect(await problemOf(viewing.send(PATH, { kind: "mark", on: "t-none" }))).to.include({ status: 404 });
    expect(await problemOf(viewing.send(PATH, { kind: "praise", on: id }))).to.include({ status: 400, code: "BAD_ACT" });
    expect(await problemOf(viewing.send(PATH, { kind: "tag", on: id }))).to.include({ status: 400, message: 'What is asked for lacks "tag".' });
    expect(await problemOf(viewing.send(PATH, { kind: "drop", on: id, by: "somebody else" }))).to.include({ status: 400 });
    expect((await viewing.ask(PATH, { origin: viewing.origin, "content-type": "application/json" }, "POST", "{")).status).to.equal(400);
    expect((await viewing.json<CurationAnswer>(PATH)).acts.filter(({ undoneBy }) => undoneBy === null).map(({ kind }) => kind)).to.deep.equal([
      "undo",
      "mark",
    ]);
  });

  it("begins an edit with the turns of the model, and plays none where there is nobody to play it", async () => {
    const { turns } = await viewing.json<DraftAnswer>(`${PATH}/draft/${id}`);
    expect(turns.length).to.be.greaterThan(1);
    expect(turns[0]).to.have.property("text").that.contains("<code>");
    expect(await problemOf(viewing.send(`${PATH}/edits`, { on: id, turns }))).to.include({ status: 501, code: "NO_TOOLS" });
    expect(await problemOf(viewing.send(`${PATH}/edits`, { on: id, turns: [3] }))).to.include({ status: 400, message: "turns[0] must be object." });
    expect(await problemOf(viewing.send(`${PATH}/edits`, { turns }))).to.include({ status: 400 });
    expect((await viewing.ask(`${PATH}/edits/none`)).status).to.equal(404);
  });

  it("plays one edit at a time, says how far it is and what came of it, and ends it with the viewer", async () => {
    const other = new Viewing();
    const steps: (() => void)[] = [];
    const aborted: unknown[] = [];
    await other.open([runDir], ({ row, turns }, { signal, say }) => {
      say(`playing ${turns.length} turns of ${row}`);
      return new Promise((done, failed) => {
        steps.push(() => done("t-new"));
        signal.addEventListener("abort", () => {
          aborted.push(signal.reason);
          failed(new Error("stopped"));
        });
      });
    });
    await other.enter();
    const edit = { on: id, turns: [{ text: "<answer>1</answer>" }] };
    const begun = JSON.parse((await other.send(`${PATH}/edits`, edit)).text);
    expect(begun).to.include({ state: "running", doing: `playing 1 turns of ${id}`, trajectory: null });
    expect(await problemOf(other.send(`${PATH}/edits`, edit))).to.include({ status: 409, code: "BUSY" });
    steps[0]?.();
    expect(await other.json(`${PATH}/edits/${begun.id}`)).to.include({ state: "done", trajectory: "t-new", problem: null });
    await other.send(`${PATH}/edits`, edit);
    await other.close();
    expect(aborted).to.have.length.greaterThan(0);
  });

  it("says which line of a changed file is no act, and shows the run all the same", async () => {
    writeFileSync(join(runDir, "curation/acts.jsonl"), "{}\n", { flag: "a" });
    const { status, text } = await viewing.ask(PATH);
    expect(status).to.equal(500);
    expect(JSON.parse(text).error.message).to.match(/line \d+ lacks "kind"|line \d+ has a kind/);
    expect((await viewing.ask(`/api/runs/small/trajectories/${id}`)).status).to.equal(200);
  });
});

/** `autotraj export --push`, as users have it. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { autotraj, type Ended, startUntilEndOfTest } from "../../../test/integration/command.ts";
import { writeDemo } from "../../../test/integration/demo.ts";
import { HubStandIn, WRITES } from "./stand-in.ts";

describe("autotraj export --push", function () {
  this.timeout(120_000);
  const hub = new HubStandIn();
  const start = startUntilEndOfTest();
  let folder: string;

  before(async () => {
    await hub.open();
    folder = mkdtempSync(join(tmpdir(), "autotraj-export-push-"));
    writeDemo(folder);
    writeFileSync(join(folder, ".env"), `HF_TOKEN=${WRITES}\n`);
    const { code, stderr } = await autotraj(["run", "demo.json", "--out", "out"], folder);
    expect(code, stderr).to.equal(0);
  });
  after(async () => {
    await hub.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    hub.options = {};
    hub.repositories.clear();
    hub.calls.length = 0;
  });

  /** The token comes from the `.env` beside the preset. */
  const environment = (more: NodeJS.ProcessEnv = {}) => ({ ...process.env, HF_TOKEN: "", HF_ENDPOINT: hub.endpoint, ...more });
  const exported = (out: string, ...args: readonly string[]) => ["export", "out", "--to", "chat", "--out", out, ...args];
  const local = (...path: readonly string[]) => readFileSync(join(folder, ...path), "utf8");

  async function ends(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> {
    const ended = await autotraj(args, folder, environment(env));
    expect(ended.stdout + ended.stderr).not.to.contain(WRITES);
    return ended;
  }

  it("sends what it wrote, with a card of the run, and says where it is", async () => {
    const { code, stdout, stderr } = await ends(exported("data", "--push", "lab/sums", "--license", "cc-by-4.0"));
    expect(code, stderr).to.equal(0);
    const address = `${hub.endpoint}/datasets/lab/sums`;
    expect(stderr).to.equal(`Sending to ${address}\n`);
    expect(stdout.trimEnd().split("\n").at(-1)).to.equal(`Sent 3 files to ${address}, revision ${hub.tip("lab/sums").oid} of branch main (private).`);
    for (const file of ["README.md", "sft.jsonl", "preferences.jsonl"]) expect(hub.text("lab/sums", file), file).to.equal(local("data", file));
    const card = hub.text("lab/sums", "README.md");
    expect(card)
      .to.match(/^---\npretty_name: sums\nlicense: cc-by-4\.0\n/)
      .and.to.contain("Made by AutoTraj with the preset `demo`");
    expect(card)
      .to.match(/\n16 candidates on 8 questions: \d+ kept, \d+ repaired,/)
      .and.to.contain("## What made them");
  });

  it("sends nothing twice, and says so; as data too", async () => {
    await ends(exported("data", "--push", "lab/sums"));
    const again = await ends(exported("data", "--push", "lab/sums"));
    expect(again.stdout).to.contain(
      `All of it is there already: ${hub.endpoint}/datasets/lab/sums, revision ${hub.tip("lab/sums").oid} of branch main`,
    );
    const { stdout } = await ends(exported("data", "--push", "lab/sums", "--revision", "round/2", "--public", "--license", "mit", "--json"));
    const { push, sft } = JSON.parse(stdout);
    expect(sft).to.have.property("rows");
    expect(push).to.deep.equal({
      address: `${hub.endpoint}/datasets/lab/sums`,
      branch: "round/2",
      visibility: "private",
      created: false,
      sent: ["README.md"],
      unchanged: ["sft.jsonl", "preferences.jsonl"],
      revision: hub.tip("lab/sums", "round/2").oid,
    });
  });

  it("with --dry-run writes all of it, says what would be sent, and asks nobody", async () => {
    const { code, stdout } = await ends(exported("dry", "--push", "lab/sums", "--dry-run"), { HF_TOKEN: "" });
    expect(code).to.equal(0);
    expect(stdout).to.match(
      /Nothing was sent\. This would go to http:\S+\/datasets\/lab\/sums, branch main, private:\n\nfile +size\n─+ +─+\nREADME\.md +\S+ K?i?B\nsft\.jsonl /,
    );
    expect(local("dry", "README.md")).to.contain("pretty_name: sums");
    expect(hub.calls).to.deep.equal([]);
  });

  it("refuses what cannot be meant before it writes anything", async () => {
    const wrong: readonly [readonly string[], string][] = [
      [["--push", "sums"], '[ATRAJ_USAGE] push: "sums" is not of the form OWNER/NAME.\n  Name it OWNER/NAME:'],
      [["--push", "lab/sums", "--license", "CC BY 4.0"], '[ATRAJ_USAGE] push: "CC BY 4.0" is no name that the hub has for a licence.'],
      [["--public"], "[ATRAJ_USAGE] export: --public goes only together with --push."],
    ];
    for (const [args, told] of wrong) {
      const { code, stderr } = await ends(exported("refused", ...args));
      expect([code, existsSync(join(folder, "refused"))]).to.deep.equal([2, false]);
      expect(stderr).to.contain(told);
    }
    expect(hub.calls).to.deep.equal([]);
  });

  it("leaves what it wrote where the hub refuses, and says what was written first", async () => {
    const { code, stdout, stderr } = await ends(exported("kept", "--push", "lab/sums"), { HF_TOKEN: "hf_somebodyElses" });
    expect(code).to.equal(1);
    expect(stdout).to.match(/^sft: \d+ rows in kept\/sft\.jsonl\npreferences: /);
    expect(stderr).to.contain("[ATRAJ_PUSH_FAILED] push: the hub does not know the token in HF_TOKEN.").and.not.to.contain("hf_somebodyElses");
    expect(local("kept", "sft.jsonl")).to.equal(local("data", "sft.jsonl"));
  });

  it("that is interrupted leaves the hub as it was and the files whole", async () => {
    hub.add("lab/sums", "private");
    const reached = new Promise<void>((done) => {
      hub.options = {
        largeFrom: 1000,
        instead: ({ path }) => {
          if (!path.startsWith("/storage/")) return undefined;
          done();
          return new Promise(() => {});
        },
      };
    });
    const { child, ended } = start(exported("cut", "--push", "lab/sums"), folder, environment());
    await reached;
    child.kill("SIGINT");
    const { code, stderr } = await ended;
    expect(code, stderr).to.equal(130);
    expect(stderr).to.contain(`[ATRAJ_INTERRUPTED] push: stopped; ${hub.endpoint}/datasets/lab/sums shows nothing of it.`);
    expect(hub.tip("lab/sums").title).to.equal("initial commit");
    expect(local("cut", "sft.jsonl")).to.equal(local("data", "sft.jsonl"));
    expect(local("cut", "README.md")).to.contain("pretty_name: sums");
  });
});

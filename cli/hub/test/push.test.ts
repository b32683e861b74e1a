/** Pushes by the official client to a hub on this machine, call by call. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAutoTrajError } from "@autotraj/core";
import { expect } from "chai";
import { hubTarget, type Push, push } from "../src/index.ts";
import { HubStandIn, READS, WRITES } from "./stand-in.ts";

const LINES = Array.from({ length: 400 }, (_, at) => `{"id":${at},"text":"row ${at * 7919}"}\n`).join("");
const NAME = "lab/sums";

describe("a push", () => {
  const hub = new HubStandIn();
  let folder: string;
  before(() => hub.open());
  after(() => hub.close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-push-"));
    hub.options = {};
    hub.repositories.clear();
    hub.stored.clear();
    hub.calls.length = hub.xorbs.length = hub.shards.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function filesOf(texts: Readonly<Record<string, string>>): Push["files"] {
    return Object.entries(texts).map(([path, text]) => {
      const file = join(folder, path);
      writeFileSync(file, text);
      return { path, file, bytes: statSync(file).size };
    });
  }

  function asked(texts: Readonly<Record<string, string>>, more: Partial<Push> & { branch?: string; visibility?: "public" } = {}): Push {
    const { branch, visibility, ...rest } = more;
    const target = hubTarget({ repository: NAME, ...(branch === undefined ? {} : { branch }), ...(visibility === undefined ? {} : { visibility }) });
    return {
      target,
      access: { endpoint: hub.endpoint, token: WRITES, tokenFrom: "HF_TOKEN" },
      files: filesOf(texts),
      title: "Data sets of run-1",
      ...rest,
    };
  }

  it("makes a private repository and commits all files at once", async () => {
    const pushed = await push(asked({ "README.md": "# Sums\n", "sft.jsonl": LINES }));
    expect(pushed).to.deep.equal({
      address: `${hub.endpoint}/datasets/lab/sums`,
      branch: "main",
      revision: hub.tip(NAME).oid,
      visibility: "private",
      created: true,
      sent: ["README.md", "sft.jsonl"],
      unchanged: [],
    });
    expect(hub.repositories.get(NAME)?.visibility).to.equal("private");
    expect(hub.tip(NAME).title).to.equal("Data sets of run-1");
    expect([hub.text(NAME, "README.md"), hub.text(NAME, "sft.jsonl")]).to.deep.equal(["# Sums\n", LINES]);
    expect(hub.asked()).to.deep.equal([
      "GET /api/datasets/lab/sums/revision/main",
      "POST /api/repos/create",
      "GET /api/datasets/lab/sums/revision/main",
      "POST /api/datasets/lab/sums/paths-info/main",
      "POST /api/datasets/lab/sums/preupload/main",
      "POST /api/datasets/lab/sums/commit/main",
    ]);
  });

  it("makes a public one where that is said", async () => {
    expect(await push(asked({ "sft.jsonl": LINES }, { visibility: "public" }))).to.include({ visibility: "public", created: true });
    expect(hub.repositories.get(NAME)?.visibility).to.equal("public");
  });

  it("sends nothing to a public one where it is not said, and leaves a private one private", async () => {
    hub.add(NAME, "public");
    const told = await failed(asked({ "sft.jsonl": LINES }));
    expect(told).to.equal(
      `[ATRAJ_USAGE] push: ${hub.endpoint}/datasets/lab/sums is public, so what is sent there would be.\n  Say --public if that is meant. Else name another one.`,
    );
    expect(hub.asked()).to.deep.equal(["GET /api/datasets/lab/sums/revision/main"]);
    hub.add(NAME, "private");
    expect(await push(asked({ "sft.jsonl": LINES }, { visibility: "public" }))).to.include({ visibility: "private", created: false });
  });

  it("sends nothing to one that the hub has made public against what was asked", async () => {
    hub.options = {
      instead: ({ path }) => {
        if (path !== "/api/repos/create") return undefined;
        hub.add(NAME, "public");
        return { status: 200, body: {} };
      },
    };
    expect(await failed(asked({ "sft.jsonl": LINES }))).to.contain("is public, so what is sent there would be.");
    expect(hub.tip(NAME).title).to.equal("initial commit");
  });

  it("sends no file that is there byte for byte, and makes no commit where all are", async () => {
    hub.options = { largeFrom: 2000 };
    const first = await push(asked({ "README.md": "# Sums\n", "sft.jsonl": LINES }));
    hub.calls.length = 0;
    const again = await push(asked({ "README.md": "# Sums\n", "sft.jsonl": LINES }));
    expect(again).to.deep.equal({ ...first, created: false, sent: [], unchanged: ["README.md", "sft.jsonl"] });
    expect(hub.asked().filter((call) => /commit|preupload|storage/.test(call))).to.deep.equal([]);
    const third = await push(asked({ "README.md": "# More sums\n", "sft.jsonl": LINES }));
    expect(third).to.deep.include({ sent: ["README.md"], unchanged: ["sft.jsonl"] });
    expect(hub.text(NAME, "sft.jsonl")).to.equal(LINES);
  });

  for (const storage of ["basic", "multipart"] as const)
    it(`stores large files before the commit (${storage}), once, whatever they are called`, async () => {
      hub.options = { largeFrom: 2000, storage };
      await push(asked({ "README.md": "# Sums\n", "sft.jsonl": LINES }));
      expect(hub.text(NAME, "sft.jsonl")).to.equal(LINES);
      expect(hub.tip(NAME).files.get("sft.jsonl")?.large).to.equal(true);
      hub.calls.length = 0;
      await push(asked({ "train.jsonl": LINES }));
      expect(hub.asked()).to.include("POST /datasets/lab/sums.git/info/lfs/objects/batch");
      expect(hub.asked().filter((call) => call.includes("/storage/"))).to.deep.equal([]);
      expect(hub.text(NAME, "train.jsonl")).to.equal(LINES);
    });

  it("stores large files by Xet where the hub offers it", async () => {
    hub.options = { largeFrom: 2000, storage: "xet" };
    await push(asked({ "README.md": "# Sums\n", "sft.jsonl": LINES }));
    expect([hub.xorbs.length, hub.shards.length]).to.deep.equal([1, 1]);
    expect(hub.tip(NAME).files.get("sft.jsonl")).to.include({ large: true, bytes: LINES.length });
    await push(asked({ "train.jsonl": LINES }));
    expect(hub.xorbs).to.have.length(1);
  });

  it("goes to a branch, which begins where the main one ends", async () => {
    await push(asked({ "README.md": "# Sums\n" }));
    const main = hub.tip(NAME).oid;
    const pushed = await push(asked({ "sft.jsonl": LINES }, { branch: "round/2" }));
    expect(pushed).to.include({ branch: "round/2", revision: hub.tip(NAME, "round/2").oid });
    expect([...hub.tip(NAME, "round/2").files.keys()]).to.deep.equal(["README.md", "sft.jsonl"]);
    expect(hub.tip(NAME).oid).to.equal(main);
    expect(await push(asked({ "sft.jsonl": LINES }, { branch: "round/2" }))).to.deep.include({ sent: [], revision: pushed.revision });
  });

  it("says how much of a file is sent", async () => {
    const told: string[] = [];
    hub.options = { largeFrom: 2000 };
    await push(asked({ "sft.jsonl": LINES }, { onProgress: (path, share) => told.push(`${path} ${share}`) }));
    expect(told).to.deep.equal(["sft.jsonl 0", "sft.jsonl 1"]);
  });

  describe("that fails", () => {
    const token = (value: string) => ({ access: { endpoint: hub.endpoint, token: value, tokenFrom: "HF_TOKEN" } });

    it("by an unknown token", async () => {
      expect(await failed(asked({ "sft.jsonl": LINES }, token("hf_somebodyElses")))).to.equal(
        [
          "[ATRAJ_PUSH_FAILED] push: the hub does not know the token in HF_TOKEN.",
          "  it says: Invalid credentials in Authorization header (request request-1)",
          `  It may be revoked, or another hub's. Make one at ${hub.endpoint}/settings/tokens.`,
        ].join("\n"),
      );
    });

    it("by a token that may read only", async () => {
      hub.add(NAME, "private");
      expect(await failed(asked({ "sft.jsonl": LINES }, token(READS)))).to.equal(
        [
          "[ATRAJ_PUSH_FAILED] push: the token in HF_TOKEN may not write to lab/sums.",
          "  it says: Forbidden: you must use a write token to upload to a repository. (request request-1)",
          `  It has to be one that may write, of somebody who may do so for lab: ${hub.endpoint}/settings/tokens.`,
        ].join("\n"),
      );
    });

    it("by a foreign owner, or one that is not there", async () => {
      const target = hubTarget({ repository: "other/sums" });
      expect(await failed(asked({ "sft.jsonl": LINES }, { target }))).to.contain("the token in HF_TOKEN may not make a data set of other.");
      hub.options = { instead: ({ path }) => (path === "/api/repos/create" ? { status: 404, body: { error: "Not found" } } : undefined) };
      expect(await failed(asked({ "sft.jsonl": LINES }, { target }))).to.contain('there is no user or organisation "other" on the hub.');
    });

    it("by another's commit in between, without writing over it", async () => {
      hub.add(NAME, "private");
      hub.options = {
        instead: ({ path }) => {
          const commits = hub.repositories.get(NAME)?.branches.get("main");
          if (path.includes("/preupload/")) commits?.push({ oid: "f".repeat(40), title: "theirs", files: new Map() });
          return undefined;
        },
      };
      expect(await failed(asked({ "sft.jsonl": LINES }))).to.contain("somebody else has written to lab/sums meanwhile.");
      expect(hub.tip(NAME).title).to.equal("theirs");
    });

    it("by a hub that is overloaded, asks to wait, does not take a file, or is none", async () => {
      hub.add(NAME, "private");
      const answers: readonly [string, number, unknown, string][] = [
        ["/preupload/", 503, "<html>busy</html>", "the hub failed with status 503.\n  it says: status 503 (request request-1)"],
        ["/revision/", 429, { error: "Rate limited" }, "the hub takes no more requests of this token for now."],
        ["/commit/", 400, { error: "Invalid metadata in README.md\n- license must be one of" }, "the hub refuses this with status 400."],
        ["/revision/", 200, "<html>hello</html>", `what answers at ${hub.endpoint} does not speak as a hub does.`],
      ];
      for (const [path, status, body, told] of answers) {
        hub.options = { instead: (call) => (call.path.includes(path) ? { status, body } : undefined) };
        expect(await failed(asked({ "sft.jsonl": LINES }))).to.contain(`[ATRAJ_PUSH_FAILED] push: ${told}`);
      }
      expect(hub.tip(NAME).title).to.equal("initial commit");
    });

    it("in the middle of a large file: the address that lets one write is not told, and the next push goes on", async () => {
      hub.options = { largeFrom: 2000, instead: ({ path }) => (path.startsWith("/storage/") ? { status: 500, body: "<Error/>" } : undefined) };
      const told = await failed(asked({ "sft.jsonl": LINES }));
      expect(told)
        .to.contain("the hub failed with status 500.")
        .and.to.contain("the same command sends what the hub does not have yet")
        .and.not.to.contain("/storage/");
      expect(hub.tip(NAME).title).to.equal("initial commit");
      hub.options = { largeFrom: 2000 };
      expect(await push(asked({ "sft.jsonl": LINES }))).to.deep.include({ created: false, sent: ["sft.jsonl"] });
    });

    it("without a network", async () => {
      const access = { endpoint: "http://127.0.0.1:9", token: WRITES, tokenFrom: "HF_TOKEN" };
      expect(await failed(asked({ "sft.jsonl": LINES }, { access }))).to.match(
        /^\[ATRAJ_PUSH_FAILED\] push: http:\/\/127\.0\.0\.1:9 cannot be reached\.\n {2}.+\n {2}Try again when online\. The files are written;/,
      );
    });

    it("because it is stopped: nothing of it is seen", async () => {
      const stop = new AbortController();
      hub.options = {
        largeFrom: 2000,
        instead: async ({ path }) => {
          if (!path.startsWith("/storage/")) return undefined;
          stop.abort();
          return { status: 500 };
        },
      };
      expect(await failed(asked({ "sft.jsonl": LINES }, { signal: stop.signal }))).to.match(
        /^\[ATRAJ_INTERRUPTED\] push: stopped; http\S+ shows nothing of it\.\n/,
      );
      expect(hub.tip(NAME).title).to.equal("initial commit");
    });
  });
});

async function failed(asked: Push): Promise<string> {
  try {
    await push(asked);
  } catch (error) {
    if (isAutoTrajError(error)) return error.message;
    throw error;
  }
  throw new Error("it was not refused");
}

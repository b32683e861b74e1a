import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { type RunIdentity, RunStore } from "../src/loop/store/run-store.ts";
import { preferencePairs, sftTrajectories, writeDatasets } from "../src/results/datasets.ts";
import { askedFor, readSummary } from "../src/run/run.ts";
import { failureOf } from "./support/failures.ts";
import { newFolder } from "./support/presets.ts";
import { candidate, query } from "./support/trajectories.ts";

const IDENTITY: RunIdentity = { runId: "demo-1", preset: "demo", presetHash: "p", queriesHash: "q", plugins: {} };
const ROWS = 300;

describe("a damaged run.db", () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = newFolder();
    file = join(folder, "run.db");
    const store = RunStore.open(folder, IDENTITY);
    store.setMeta("asked", JSON.stringify({ ref: "demo", cwd: folder, set: [] }));
    for (let position = 0; position < ROWS; position++) {
      const trajectory = candidate(0, query(`q-${position}`));
      store.saveTrajectory({ trajectory, scores: {}, position, ordinal: 0, fate: "kept" });
      store.finishQuery(position, trajectory.query.id, "done");
      const call = { kind: "model", by: "student", request: "{}", response: "{}", milliseconds: 1 } as const;
      store.calls.put({ ...call, key: `k-${position}`, place: `q-${position}/0` });
    }
    store.close();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function sql(text: string): void {
    const database = new DatabaseSync(file);
    database.exec(text);
    database.close();
  }

  /** All that reads a run. */
  async function readAll(): Promise<void> {
    askedFor(folder);
    readSummary(folder);
    const store = RunStore.open(folder, IDENTITY);
    try {
      for (let position = 0; position < ROWS; position++) {
        for (const { trajectory } of store.trajectoriesAt(position)) store.scoresOf(trajectory.id);
        store.callsFor(`q-${position}`);
        store.calls.get(`k-${position}`);
      }
      Array.from(sftTrajectories(store));
      Array.from(preferencePairs(store));
      await writeDatasets(store, folder);
    } finally {
      store.close();
    }
  }

  const DAMAGES: readonly (readonly [string, () => void, RegExp])[] = [
    ["cut off", () => truncateSync(file, 20_000), /malformed/],
    ["of other bytes", () => writeFileSync(file, "x".repeat(50_000)), /not a database/],
    ["with a page of other bytes", () => writeFileSync(file, readFileSync(file).fill(0xa5, 40_960, 49_152)), /malformed|damaged/],
    ["without its trajectories", () => sql("DROP TABLE trajectories"), /it has no table trajectories|no such table: trajectories/],
    ["without its calls", () => sql("DROP TABLE calls"), /it has no table calls|no such table: calls/],
    ["without what it is", () => sql("DROP TABLE meta"), /it has no table meta|no such table: meta/],
    [
      "with half a trajectory",
      () => sql("UPDATE trajectories SET body = substr(body, 1, 40) WHERE position = 7"),
      /the body of trajectory t-\w+ \(#8\) is no JSON/,
    ],
    [
      "with a trajectory that is none",
      () => sql("UPDATE trajectories SET body = '5' WHERE position = 7"),
      /the body of trajectory t-\w+ \(#8\) is not what/,
    ],
    [
      "with bytes for a text",
      () => sql("UPDATE trajectories SET body = x'00ff' WHERE position = 7"),
      /the body of trajectory t-\w+ \(#8\) is not what/,
    ],
    [
      "with scores that are none",
      () => sql("UPDATE trajectories SET scores = '[' WHERE position = 7"),
      /the scores of trajectory t-\w+ \(#8\) is no JSON/,
    ],
    [
      "with a verdict that is none",
      () => sql("UPDATE trajectories SET verdict = '3' WHERE position = 7"),
      /the verdict of trajectory t-\w+ \(#8\) is not what/,
    ],
    ["with half an answer", () => sql("UPDATE calls SET response = '{' WHERE key = 'k-7'"), /the response of call k-7 is no JSON/],
    ["with a request that is none", () => sql("UPDATE calls SET request = 'x' WHERE key = 'k-7'"), /the request of call k-7 is no JSON/],
    ["with half an identity", () => sql("UPDATE meta SET value = '{' WHERE key = 'identity'"), /"identity" in table meta is no JSON/],
    ["with a request of nothing", () => sql("UPDATE meta SET value = '{}' WHERE key = 'asked'"), /"asked" in table meta is not what/],
    [
      "with an answer that was changed",
      () => sql("UPDATE trajectories SET body = replace(body, '<answer>7', '<answer>8') WHERE position = 7"),
      /the body of trajectory t-\w+ \(#8\) is not what was written: its content has another id/,
    ],
  ];

  for (const [what, damage, told] of DAMAGES) {
    it(`${what} is named, with what to do`, async () => {
      damage();
      const error = await failureOf(readAll());
      expect(error.code, error.stack).to.equal("ATRAJ_STORE_FAILED");
      expect(error.message)
        .to.match(told)
        .and.to.contain(file)
        .and.to.match(/Put a copy|Have it made again/);
    });
  }

  it("leaves the data sets that were written before", async () => {
    const store = RunStore.open(folder, IDENTITY);
    const { files } = await writeDatasets(store, folder);
    store.close();
    const before = readFileSync(files.sft, "utf8");
    sql("UPDATE trajectories SET body = replace(body, '<answer>7', '<answer>8') WHERE position = 299");
    expect((await failureOf(readAll())).code).to.equal("ATRAJ_STORE_FAILED");
    expect(readFileSync(files.sft, "utf8")).to.equal(before);
    expect(existsSync(`${files.sft}.part`)).to.equal(false);
  });

  it("is no damage where the process was killed while it made its tables", () => {
    rmSync(file);
    sql(
      "CREATE TABLE calls (key TEXT PRIMARY KEY, kind TEXT NOT NULL, by TEXT NOT NULL, place TEXT NOT NULL, request TEXT NOT NULL, response TEXT NOT NULL, milliseconds REAL NOT NULL) WITHOUT ROWID",
    );
    RunStore.open(folder, IDENTITY).close();
  });
});

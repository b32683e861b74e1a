import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { StopSwitch } from "../src/loop/stop-switch.ts";
import { askedFor, readSummary } from "../src/run/run.ts";
import { failureOf } from "./support/failures.ts";
import { newFolder } from "./support/presets.ts";
import { journalOf, type RunSettings, startRun, until } from "./support/runs.ts";

describe("a run", () => {
  let folder: string;
  let journal: string;
  let down: string;
  beforeEach(() => {
    folder = newFolder();
    journal = join(folder, "journal.jsonl");
    down = join(folder, "down");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const start = (settings: Omit<RunSettings, "folder"> = {}) => startRun({ folder, ...settings });
  const out = (name = "out") => join(folder, name);

  describe("refuses a folder", () => {
    it("that another run is working in", async () => {
      const stop = new StopSwitch();
      writeFileSync(down, "");
      const policy = { journal, hangsFor: "What is", hangsWhile: down };
      const first = failureOf(start({ policy, stop }));
      await until(() => journalOf(journal).length > 0);
      expect((await failureOf(start({ policy }))).message).to.equal(
        `[ATRAJ_RUN_LOCKED] ${out()}: another process is working on this run.
  Wait for it, stop it, or use another folder (--out).`,
      );
      stop.atOnce(new Error("enough"));
      await first;
      rmSync(down);
      expect((await start({ policy })).summary.finished).to.equal(true);
    });

    const mismatch = (title: string, changed: Omit<RunSettings, "folder">, ...lines: readonly string[]) =>
      it(title, async () => {
        await start();
        const { code, message } = await failureOf(start(changed));
        expect(code).to.equal("ATRAJ_RUN_MISMATCH");
        expect(message.split("\n").slice(0, -1)).to.deep.equal([
          `[ATRAJ_RUN_MISMATCH] ${out()}: the folder holds a run with other settings.`,
          ...lines.map((line) => `  changed: ${line}`),
        ]);
      });
    const preset = "the preset: demo then, demo now, or its settings";
    mismatch("whose run has another setting", { rollout: { candidates: 3 } }, preset);
    mismatch("whose run has another plugin option", { policy: { rightPercent: 60 } }, preset);
    mismatch("whose run has other questions", { questions: 13 }, "the questions");
    mismatch("whose run has fewer of the questions", { limit: 3 }, "the questions");
    mismatch("whose run has both", { questions: 13, run: { seed: 3 } }, preset, "the questions");

    it("but not for what only decides how fast it goes", async () => {
      await start();
      const { summary } = await start({ rollout: { inFlight: 3 }, run: { hookTimeoutMs: 5000, cache: "shared" } });
      expect(summary.finished).to.equal(true);
    });

    it("whose run.db is no database", async () => {
      mkdirSync(out());
      writeFileSync(join(out(), "run.db"), "these are my notes");
      expect((await failureOf(start())).message).to.equal(
        `[ATRAJ_STORE_FAILED] ${join(out(), "run.db")}: file is not a database
  The file is damaged, or was changed by something else. Put a copy of it back, or save what can be read (sqlite3 run.db .recover); otherwise start again in another folder (--out).`,
      );
      expect(readFileSync(join(out(), "run.db"), "utf8")).to.equal("these are my notes");
    });

    it("whose run.db is somebody else's database", async () => {
      mkdirSync(out());
      const foreign = new DatabaseSync(join(out(), "run.db"));
      foreign.exec("CREATE TABLE customers (name TEXT); CREATE TABLE meta (id INTEGER)");
      foreign.close();
      expect((await failureOf(start())).message).to.equal(
        `[ATRAJ_RUN_MISMATCH] ${out()}: its run.db is a database that AutoTraj did not make.
  Use another folder (--out).`,
      );
      const untouched = new DatabaseSync(join(out(), "run.db"));
      expect(untouched.prepare("SELECT name FROM sqlite_master").all()).to.have.length(2);
      untouched.close();
    });

    it("that is a file", async () => {
      writeFileSync(out(), "");
      expect((await failureOf(start())).message).to.equal(
        `[ATRAJ_STORE_FAILED] ${out()}: the folder cannot be made (EEXIST).
  Choose a writable folder with --out.`,
      );
    });

    it("but leaves a stranger's files in peace", async () => {
      mkdirSync(out());
      writeFileSync(join(out(), "thesis.tex"), "\\section{}");
      await start();
      expect(readFileSync(join(out(), "thesis.tex"), "utf8")).to.equal("\\section{}");
      expect(readdirSync(out())).to.include.members(["run.db", "summary.json", "preset.resolved.yaml", "log.jsonl", "datasets"]);
    });

    it("that is taken away while the run is under way, instead of finishing into nothing", async () => {
      const observer = {
        trajectory: () => rmSync(out(), { recursive: true, force: true }),
      };
      const error = await failureOf(start({ observer }));
      expect(error.code).to.equal("ATRAJ_STORE_FAILED");
      expect(existsSync(join(out(), "summary.json"))).to.equal(false);
    });

    it("that holds no run, when asked to show one", async () => {
      mkdirSync(out());
      expect((await failureOf(() => readSummary(out()))).code).to.equal("ATRAJ_RUN_NOT_FOUND");
      expect((await failureOf(() => askedFor(out()))).code).to.equal("ATRAJ_RUN_NOT_FOUND");
    });
  });
});

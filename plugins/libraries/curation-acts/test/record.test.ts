import { execFile } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import type { AnyDeed } from "../src/acts.ts";
import { actsFile, addAct, curationFolder, readCuration } from "../src/record.ts";
import { stateOf } from "../src/state.ts";

describe("the acts of a run", () => {
  let runDir: string;
  beforeEach(() => {
    runDir = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-acts-")));
  });
  afterEach(() => rmSync(runDir, { recursive: true, force: true }));

  const add = (deed: AnyDeed, by = "anna") => addAct({ runDir, deed, by, position: 3 });
  const refusal = (work: () => unknown): { code: string; message: string } => {
    try {
      work();
    } catch (error) {
      return error as { code: string; message: string };
    }
    throw new Error("nothing was refused");
  };

  it("are none where nobody has done anything, and reading leaves nothing in the folder", () => {
    expect(readCuration(runDir).acts).to.deep.equal([]);
    expect(() => readFileSync(actsFile(runDir))).to.throw("ENOENT");
  });

  it("are read as they were written, with who and when", () => {
    const drop = add({ kind: "drop", on: "t-1" });
    const note = add({ kind: "note", on: "t-1", text: "two\nlines" }, "béa");
    expect(readCuration(runDir).acts).to.deep.equal([{ act: drop }, { act: note }]);
    expect(drop).to.include({ by: "anna", position: 3, kind: "drop" });
    expect(new Date(drop.at).toISOString()).to.equal(drop.at);
    expect(readFileSync(actsFile(runDir), "utf8").split("\n")).to.have.length(3);
  });

  it("lose only the one that was being written when a process was killed, and go on behind it", () => {
    add({ kind: "mark", on: "t-1" });
    appendFileSync(actsFile(runDir), '{"kind":"drop","on":"t-2","i');
    expect(readCuration(runDir).acts).to.have.length(1);
    add({ kind: "pin", on: "t-3" });
    const { acts } = readCuration(runDir);
    expect(acts.map(({ act }) => act.kind)).to.deep.equal(["mark", "pin"]);
    expect(readFileSync(actsFile(runDir), "utf8")).not.to.contain("t-2");
  });

  it("name every line that is no act, and nothing is added to such a file", () => {
    const good = JSON.stringify(add({ kind: "mark", on: "t-1" }));
    const act = { ...JSON.parse(good), id: "a-2" };
    const lines = [
      good,
      "{",
      JSON.stringify({ ...act, kind: "praise" }),
      "",
      JSON.stringify({ ...act, on: undefined }),
      JSON.stringify({ ...act, colour: "red" }),
      JSON.stringify({ ...act, kind: "verdict", decision: "maybe" }),
      JSON.stringify({ ...act, kind: "tag", tag: "  " }),
      good,
    ];
    writeFileSync(actsFile(runDir), `${lines.join("\n")}\n`);
    const { code, message } = refusal(() => readCuration(runDir));
    expect(code).to.equal("ACTS_INVALID");
    expect(message.split("\n  ")).to.deep.equal([
      `${actsFile(runDir)}:`,
      "line 2 is no JSON.",
      "line 3 has a kind that is not known here; there are mark, drop, pin, tag, note, verdict, edit, undo.",
      'line 5 lacks "on".',
      'line 6 has "colour", which its kind does not have.',
      "line 7 is not right: decision must be equal to one of the allowed values.",
      "line 8 says nothing in tag.",
      `line 9 has the id ${JSON.parse(good).id} of a line before it.`,
    ]);
    const before = readFileSync(actsFile(runDir), "utf8");
    expect(refusal(() => add({ kind: "drop", on: "t-1" })).code).to.equal("ACTS_INVALID");
    expect(readFileSync(actsFile(runDir), "utf8")).to.equal(before);
  });

  it("that say nothing new are refused: the same mark twice, an undo of nothing, a pin on what was refused", () => {
    const mark = add({ kind: "mark", on: "t-1" });
    const undo = add({ kind: "undo", act: mark.id });
    add({ kind: "tag", on: "t-1", tag: "odd" });
    add({ kind: "verdict", on: "t-1", decision: "refuse" });
    for (const [deed, said] of [
      [{ kind: "tag", on: "t-1", tag: "odd" }, 'the tag "odd" already'],
      [{ kind: "undo", act: "a-none" }, "no act a-none"],
      [{ kind: "undo", act: mark.id }, `undone already, by ${undo.id}`],
      [{ kind: "verdict", on: "t-1", decision: "refuse" }, "already"],
      [{ kind: "pin", on: "t-1" }, "refused by a person"],
      [{ kind: "note", on: "t-1", text: " " }, "says nothing"],
      [{ kind: "tag", on: "t-1", tag: "x".repeat(61) }, "60"],
    ] as const) {
      const { code, message } = refusal(() => add(deed as AnyDeed));
      expect(code, message).to.equal("ACT_REFUSED");
      expect(message).to.contain(said);
    }
    expect(readCuration(runDir).acts).to.have.length(4);
  });

  it("are whole whoever else adds: processes wait for each other", async () => {
    mkdirSync(curationFolder(runDir), { recursive: true });
    const record = JSON.stringify(new URL("../src/record.ts", import.meta.url).href);
    const program = `const { addAct } = await import(${record});
      for (let n = 0; n < 10; n++) addAct({ runDir: process.argv[1], by: process.argv[2], position: n, deed: { kind: "note", on: "t-1", text: "x".repeat(9000) } });`;
    const adding = ["one", "two", "three"].map((by) => promisify(execFile)(process.execPath, ["--input-type=module", "-e", program, runDir, by]));
    await Promise.all(adding);
    const { acts } = readCuration(runDir);
    expect(acts).to.have.length(30);
    expect(stateOf(readCuration(runDir), "t-1").notes).to.have.length(30);
  });
});

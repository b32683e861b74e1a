import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AutoTrajError, isAutoTrajError, type JsonObject, RunStore, StopSwitch, type StoredTrajectory } from "@autotraj/core";
import { expect } from "chai";
import { autotraj } from "../../../test/integration/command.ts";
import { inThisProcess } from "../../../test/integration/in-this-process.ts";
import { type CurateRequest, curate } from "../src/index.ts";
import { writeSums } from "./python-run.ts";

describe("a run that people change by hand", function () {
  this.timeout(120_000);
  let folder: string;
  let run: string;
  /** By what became of them in the run. */
  let rows: Readonly<Record<"kept" | "hard" | "accepted" | "refused", readonly StoredTrajectory[]>>;
  const said: string[] = [];

  before(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-curation-")));
    run = join(folder, "out");
    writeSums(folder);
    await ok("run", "sums.json", "--out", "out");
    const store = RunStore.read(run);
    const of = (fate: "kept" | "hard" | "accepted" | "refused") => [...store.trajectories([fate])];
    rows = { kept: of("kept"), hard: of("hard"), accepted: of("accepted"), refused: of("refused") };
    store.close();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => {
    said.length = 0;
    rmSync(join(run, "curation"), { recursive: true, force: true });
  });

  const ok = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await autotraj(args, folder);
    expect(code, stderr).to.equal(0);
    return stdout;
  };
  const here = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await inThisProcess(args, folder);
    expect(code, stderr).to.equal(0);
    return stdout;
  };
  const act = (request: Omit<CurateRequest, "run">) =>
    curate({ run, by: "anna", ...request }, { stop: new StopSwitch(), say: (line) => said.push(line) });
  const refusal = async (request: Omit<CurateRequest, "run">): Promise<AutoTrajError> => {
    const error = await act(request).catch((thrown: unknown) => thrown);
    if (isAutoTrajError(error)) return error;
    throw error ?? new Error("nothing was refused");
  };
  const idOf = (row: StoredTrajectory | undefined) => row?.trajectory.id ?? "";
  const hashOf = (file: string) =>
    createHash("sha256")
      .update(readFileSync(join(run, file)))
      .digest("hex");
  /** Exports, and reads what was written. */
  const exported = async (...more: readonly string[]) => {
    const out = join(folder, "export");
    rmSync(out, { recursive: true, force: true });
    await here("export", "out", "--to", "autotraj", "--out", "export", ...more);
    const read = (name: string): readonly JsonObject[] =>
      existsSync(join(out, name))
        ? readFileSync(join(out, name), "utf8")
            .split("\n")
            .filter(Boolean)
            .map((line) => JSON.parse(line))
        : [];
    const idsIn = (name: string, of = (row: JsonObject) => row) => read(name).map((row) => of(row)["id"] as string);
    const side = (name: "chosen" | "rejected") => idsIn("preferences.jsonl", (row) => row[name] as JsonObject);
    return {
      out,
      sft: idsIn("sft.jsonl"),
      rows: read("sft.jsonl"),
      chosen: side("chosen"),
      rejected: side("rejected"),
      lineage: read("lineage.jsonl"),
    };
  };
  /** Its turns in a file, changed. */
  const edited = async (row: string, change: (text: string) => string): Promise<string> => {
    const file = join(folder, `${row}.yaml`);
    rmSync(file, { force: true });
    await act({ row, draft: file });
    writeFileSync(file, change(readFileSync(file, "utf8")));
    return file;
  };

  it("has an edited repair played by its own Python tool, judged by its own scorers and gate, exported, explained, and kept by a resumed run", async () => {
    const [base] = rows.accepted;
    const before = { db: hashOf("run.db"), sft: hashOf("datasets/sft.jsonl"), plain: await exported() };
    const file = await edited(idOf(base), (text) => text.replace(/print\((\d+) \+ (\d+)\)/, "print(sum([$1, $2]))"));
    const told = JSON.parse(await ok("curate", "out", idOf(base), "--edit", file, "--by", "anna", "--json"));
    const { id, trajectory, scores, verdict } = told.acts[0].act;
    const result = trajectory.messages.find(({ role }: { role: string }) => role === "tool");
    expect(result).to.include({ name: "python", ok: true, isolation: "none", content: base?.trajectory.answer });
    expect(trajectory.messages[2].text).to.contain("sum([");
    expect(trajectory.provenance).to.deep.include({
      origin: "repair",
      parent: base?.trajectory.provenance.parent,
      repairer: "curation",
      sawGold: true,
    });
    expect(trajectory.provenance.notes).to.deep.equal({ by: "anna", edited: idOf(base) });
    expect(scores).to.have.nested.property("correctness.value", 1);
    expect(scores).to.have.nested.property("executability.value", 1);
    expect(verdict).to.include({ decision: "keep", by: "gate" });

    const curated = await exported("--curated");
    expect(curated.sft).to.include(trajectory.id).and.not.to.include(idOf(base));
    expect(curated.rejected[curated.chosen.indexOf(trajectory.id)]).to.equal(base?.trajectory.provenance.parent);
    expect(curated.chosen).not.to.include(idOf(base));
    const place = curated.sft.indexOf(trajectory.id);
    const noted = curated.lineage.find((one) => one["file"] === "sft.jsonl");
    expect(noted).to.include({ row: place + 1, id: trajectory.id });
    expect(noted?.["acts"]).to.have.nested.property("[0].by", "anna");
    expect(readFileSync(join(curated.out, "card.md"), "utf8")).to.contain("- anna: 1 × edit");
    expect((await exported()).sft, "without --curated").to.deep.equal(before.plain.sft);

    const explained = await here("explain", "out", trajectory.id);
    expect(explained).to.contain(`${trajectory.id}  ACCEPTED  repair by curation, attempt 1, of ${base?.trajectory.provenance.parent}`);
    expect(explained).to.match(new RegExp(`by hand\\n {2}${id} .* anna: ${idOf(base)} edited into ${trajectory.id}, which gate accepts`));

    const acts = hashOf("curation/acts.jsonl");
    await ok("resume", "out");
    expect(hashOf("curation/acts.jsonl")).to.equal(acts);
    expect((await exported("--curated")).sft).to.deep.equal(curated.sft);
    expect({ db: hashOf("run.db"), sft: hashOf("datasets/sft.jsonl") }).to.deep.equal({ db: before.db, sft: before.sft });
  });

  it("has verdicts, drops and pins in the export, pairs too, and nothing of them once they are undone", async () => {
    const plain = await exported();
    const [hard] = rows.hard;
    const dropped = rows.kept.find((row) => plain.sft.includes(idOf(row)));
    const refused = rows.accepted.find((row) => plain.chosen.includes(idOf(row)));
    await act({ row: idOf(hard), verdict: "keep", reason: "right by another reading" });
    await act({ row: idOf(dropped), drop: true });
    await act({ row: idOf(refused), verdict: "refuse" });
    const curated = await exported("--curated");
    expect(curated.sft).to.include(idOf(hard)).and.not.to.include(idOf(dropped)).and.not.to.include(idOf(refused));
    expect(curated.chosen).not.to.include(idOf(refused));
    expect(curated.lineage.filter((one) => one["file"] === undefined).map((one) => one["id"])).to.have.members([idOf(dropped), idOf(refused)]);
    const overridden = curated.lineage.find((one) => one["id"] === idOf(hard));
    expect(overridden?.["acts"]).to.have.nested.property("[0].reason", "right by another reading");
    const { acts } = await act({});
    for (const { act: one } of acts) await act({ undo: one.id });
    const back = await exported("--curated");
    expect({ sft: back.sft, chosen: back.chosen }).to.deep.equal({ sft: plain.sft, chosen: plain.chosen });
  });

  it("has no pair against what a person keeps, and one for a refused edit that a person keeps; none for a copy of what it repairs", async () => {
    const plain = await exported();
    const parent = plain.rejected[0] ?? "";
    const copy = rows.refused.find(({ trajectory }) => rows.hard.some((row) => idOf(row) === trajectory.provenance.parent));
    const hard = rows.hard.find((row) => row.position !== copy?.position);
    const file = await edited(idOf(hard), (text) => text.replace(/boxed\{\d+\}/, "boxed{77}"));
    const made = (await act({ row: idOf(hard), edit: file })).acts[0]?.act;
    if (made?.kind !== "edit") throw new Error("nothing was edited");
    expect(made.verdict.decision).to.equal("repair");
    await act({ row: parent, verdict: "keep" });
    await act({ row: idOf(copy), verdict: "keep" });
    await act({ row: made.trajectory.id, verdict: "keep" });
    const { sft, rejected, chosen } = await exported("--curated");
    expect(rejected).not.to.include(parent);
    expect(rejected[chosen.indexOf(made.trajectory.id)]).to.equal(idOf(hard));
    expect(sft).to.include(idOf(copy));
    expect(chosen).not.to.include(idOf(copy));
  });

  it("has a pinned row where another of its question says the same", async () => {
    const plain = await exported();
    const twin = [...rows.kept, ...rows.accepted].find((row) => !plain.sft.includes(idOf(row)));
    await act({ row: idOf(twin), pin: true });
    const { sft } = await exported("--curated");
    expect(sft).to.include(idOf(twin)).and.to.have.length(plain.sft.length);
  });

  it("is edited while another process works on it; what the gate refuses is kept, told and not learnt from", async () => {
    const store = RunStore.read(run);
    const identity = store.identity();
    store.close();
    const [base] = rows.accepted;
    const file = await edited(idOf(base), (text) => text.replace(/print\((\d+) \+ (\d+)\)/, "print($1 - $2)").replace(/boxed\{\d+\}/, "boxed{77}"));
    const working = RunStore.open(run, identity as NonNullable<typeof identity>);
    const { acts, text } = await act({ row: idOf(base), edit: file }).finally(() => working.close());
    const done = acts[0]?.act;
    if (done?.kind !== "edit") throw new Error("nothing was edited");
    expect(done.verdict).to.include({ decision: "repair", by: "gate" });
    expect(done.scores).to.have.nested.property("correctness.value", 0);
    expect(text).to.contain("which gate refuses: correctness 0");
    expect(said).to.include("Asked python");
    const { sft } = await exported("--curated");
    expect(sft).not.to.include(done.trajectory.id);
    await act({ row: done.trajectory.id.slice(0, 10), verdict: "keep" });
    expect((await exported("--curated")).sft).to.include(done.trajectory.id);
  });

  it("says what is wrong with what is asked, and changes nothing", async () => {
    const id = idOf(rows.accepted[0]);
    const file = join(folder, "wrong.yaml");
    for (const [request, message] of [
      [{ row: id, drop: true, pin: true }, "--drop and --pin are given together"],
      [{ drop: true }, "--drop is given without a row"],
      [{ row: id, tag: "odd", reason: "why" }, "--reason is given without --verdict"],
      [{ row: "1", drop: true }, /"1" is a question with \d+ trajectories\.[\s\S]*Name one of them/],
      [{ row: "t-none", drop: true }, 'no trajectory and no finished question "t-none"'],
      [{ undo: "a-none" }, "there is no act a-none"],
      [{ row: id, tag: " " }, "The act says nothing in tag."],
      [{ row: id, draft: "/proc/draft.yaml" }, "/proc/draft.yaml: it cannot be written"],
      [{ row: id, edit: join(folder, "absent.yaml") }, "absent.yaml: there is no such file."],
      [{ row: id, edit: file, text: "turns: [" }, "wrong.yaml: it cannot be read"],
      [{ row: id, edit: file, text: "turns: 3" }, "wrong.yaml: turns must be array"],
      [{ row: id, edit: file, text: "turns: [{ text: 3 }]" }, "wrong.yaml: turns[0].text must be string"],
      [{ row: id, edit: file, text: `of: t-other\nturns: [{ text: a }]` }, `it holds the turns of t-other, and ${id} is to be edited`],
      [{ row: id, edit: file, text: "turns: [{ says: hello }]" }, 'Turn 1 is not written as turns of the dialect "tags" are.'],
      [
        { row: id, edit: file, text: "turns: [{ text: <think>a</think> }, { text: <answer>1</answer> }]" },
        "Turn 1 calls no tool, and is not the last",
      ],
    ] as const) {
      const { text = "", ...asked } = { text: "", ...request };
      writeFileSync(file, text);
      const { code, message: told } = await refusal(asked);
      expect(code, told).to.equal("ATRAJ_USAGE");
      if (typeof message === "string") expect(told).to.contain(message);
      else expect(told).to.match(message);
    }
    expect((await act({})).text).to.equal("Nothing was changed by hand.");
  });

  it("names the line of a changed file of acts, and exports nothing by halves", async () => {
    await act({ row: idOf(rows.kept[0]), mark: true });
    writeFileSync(join(run, "curation/acts.jsonl"), '{"kind":"drop"}\n', { flag: "a" });
    const { code, stderr } = await inThisProcess(["export", "out", "--to", "autotraj", "--out", "never", "--curated"], folder);
    expect(code).to.equal(1);
    expect(stderr).to.contain("[ATRAJ_STORE_FAILED]").and.to.contain('line 2 lacks "id"').and.to.contain("Put a copy of it back");
    expect(existsSync(join(folder, "never"))).to.equal(false);
  });

  it("keeps nothing of an edit that is stopped", async () => {
    const [base] = rows.accepted;
    const file = await edited(idOf(base), (text) => text.replace(/print\((\d+) \+ (\d+)\)/, "print($1 + $2 + 0)"));
    const stop = new StopSwitch();
    const say = (line: string) => {
      if (line === "Playing the turns") stop.softly();
    };
    const error = await curate({ run, by: "anna", row: idOf(base), edit: file }, { stop, say }).catch((thrown: unknown) => thrown);
    expect(isAutoTrajError(error) && error.message).to.contain("[ATRAJ_INTERRUPTED] curate: stopped; no edit was kept.");
    expect((await act({})).acts).to.deep.equal([]);
  });

  it("is not edited with another preset than its own", async () => {
    const file = await edited(idOf(rows.accepted[0]), (text) => text);
    const preset = readFileSync(join(folder, "sums.json"), "utf8");
    writeFileSync(join(folder, "sums.json"), preset.replace('"executability": 1', '"executability": 0.5'));
    try {
      const { code, message } = await refusal({ row: idOf(rows.accepted[0]), edit: file });
      expect(code, message).to.equal("ATRAJ_RUN_MISMATCH");
    } finally {
      writeFileSync(join(folder, "sums.json"), preset);
    }
  });
});

import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { trajectoryRow } from "../src/data/dataset-rows.ts";
import type { Scores, Trajectory, Verdict } from "../src/kernel/plugin.ts";
import { trajectoryId } from "../src/kernel/trajectory/identity.ts";
import { type Fate, RunStore } from "../src/loop/store/run-store.ts";
import { writeDatasets } from "../src/results/datasets.ts";
import { siblingPairs } from "../src/results/siblings.ts";
import { messageOfFailure } from "./support/failures.ts";
import { newFolder } from "./support/presets.ts";
import { CODE, query, trajectory } from "./support/trajectories.ts";

const IDENTITY = { runId: "demo-1", preset: "demo", presetHash: "p", queriesHash: "q", plugins: {} };
const RIGHT: Scores = { correctness: { value: 1 } };
const WRONG: Scores = { correctness: { value: 0 } };

describe("the pairs of siblings of a run", () => {
  let folder: string;
  let store: RunStore;
  beforeEach(() => {
    folder = newFolder();
    store = RunStore.open(folder, IDENTITY);
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  interface Saved extends Partial<Trajectory> {
    readonly position?: number;
    readonly scores?: Scores;
    /** The verdict's; null where there is no verdict. */
    readonly cause?: string | null;
    readonly by?: Partial<Trajectory["provenance"]>;
  }

  /** A candidate that says this. Who wrote it is the student, where nothing else is said. */
  function save(says: string, fate: Fate, { position = 0, scores = fate === "kept" ? RIGHT : WRONG, cause, by, ...changes }: Saved = {}): Trajectory {
    const ordinal = store.trajectoriesAt(position).length;
    const provenance = { origin: "rollout", candidate: ordinal, ...(by ?? { policy: "student", model: "small" }) } as const;
    const content = {
      ...trajectory({ query: query(`q-${position}`), provenance, turns: [{ role: "assistant", content: says, text: says }] }),
      ...changes,
    };
    const made = { ...content, id: trajectoryId(content) };
    const verdict = { decision: fate === "kept" ? "keep" : "repair", reason: "r", ...(cause == null ? {} : { cause }) } as Verdict;
    store.saveTrajectory({ trajectory: made, scores, position, ordinal, fate, ...(cause === null ? {} : { verdict }) });
    return made;
  }

  const said = ({ messages }: Trajectory) => messages.at(-1)?.content;
  const pairs = () => [...siblingPairs(store)].map(({ chosen, rejected }) => `${said(chosen)} > ${said(rejected)}`);

  it("are a kept candidate and a wrong one, whatever became of that one, as rows of a file of their own", async () => {
    const kept = save("kept", "kept");
    for (const fate of ["repaired", "hard", "discarded"] as const) save(fate, fate);
    for (const fate of ["failed", "pending", "accepted", "refused"] as const) save(fate, fate);
    expect(pairs()).to.have.members(["kept > repaired", "kept > hard", "kept > discarded"]);
    const { files, counts } = await writeDatasets(store, folder);
    expect(files.siblings).to.equal(join(folder, "datasets", "siblings.jsonl"));
    const rows = readFileSync(files.siblings, "utf8").trimEnd().split("\n");
    expect(counts).to.include({ siblings: 3, siblingQuestions: 1, preferences: 0 });
    expect(rows).to.have.length(3);
    const { rejected, ...row } = JSON.parse(rows[0] ?? "");
    expect(row).to.deep.equal({ query: kept.query, kind: "sibling", chosen: JSON.parse(JSON.stringify(trajectoryRow(store.trajectory(kept.id)!))) });
    expect(rejected).to.deep.equal(JSON.parse(JSON.stringify(trajectoryRow(store.trajectory(rejected.id)!))));
  });

  it("call wrong what was judged so: a right candidate that was not kept is none, and the gate's word counts where no answer was judged", () => {
    const skipped: Scores = { correctness: { skipped: "no gold answer" } };
    save("kept", "kept");
    save("poor", "repaired", { scores: RIGHT, cause: "wrong" });
    save("unjudged", "hard", { scores: skipped, cause: "poor" });
    save("unjudged by anybody", "hard", { scores: skipped, cause: null });
    expect(pairs()).to.deep.equal([]);
    save("by gate", "hard", { scores: skipped, cause: "wrong" });
    expect(pairs()).to.deep.equal(["kept > by gate"]);
  });

  it("have no chosen side that is wrong, though a gate kept it; one that was not judged will do", () => {
    save("wrong", "hard");
    save("kept all the same", "kept", { scores: WRONG });
    expect(pairs()).to.deep.equal([]);
    save("kept unjudged", "kept", { scores: {} });
    expect(pairs()).to.deep.equal(["kept unjudged > wrong"]);
  });

  it("reject nothing that is learnt from on the same question, said by whomever, kept or repaired", () => {
    save("kept", "kept");
    save("judged twice", "kept");
    save("judged twice", "hard", { by: { policy: "student", model: "small", notes: { second: true } } });
    save("a repair's words", "hard");
    save("a repair's words", "accepted", { by: { origin: "repair", repairer: "fix" }, scores: WRONG });
    save("wrong by another's repair", "accepted", { by: { policy: "student", model: "small", origin: "repair", repairer: "fix" }, scores: WRONG });
    expect(pairs()).to.deep.equal([]);
    save("wrong", "hard");
    expect(pairs()).to.have.members(["kept > wrong", "judged twice > wrong"]);
  });

  it("have turns on both sides", () => {
    save("kept", "kept");
    save("nothing", "hard", { messages: [{ role: "user", content: "What is 3 + 4?" }] });
    save("nothing", "hard", {
      messages: [
        { role: "system", content: "Add." },
        { role: "user", content: "What is 3 + 4?" },
      ],
    });
    expect(pairs()).to.deep.equal([]);
  });

  it("are of one question", () => {
    save("kept", "kept", { position: 0 });
    save("wrong", "hard", { position: 1 });
    expect(pairs()).to.deep.equal([]);
  });

  it("are by one author: policy and model, in logs the model alone", () => {
    const log = (model?: string) => ({ origin: "recorded" as const, ...(model === undefined ? {} : { model }) });
    save("student", "kept");
    save("other policy", "hard", { by: { policy: "teacher", model: "small" } });
    save("other model", "hard", { by: { policy: "student", model: "large" } });
    save("a, right", "kept", { by: log("a") });
    save("b, wrong", "hard", { by: log("b") });
    save("nobody, right", "kept", { by: log() });
    save("nobody, wrong", "hard", { by: log() });
    save("mended, wrong", "hard", { by: { ...log("a"), repairer: "fix" } });
    expect(pairs()).to.deep.equal([]);
    save("a, wrong", "discarded", { by: log("a") });
    save("student, wrong", "hard");
    for (const fate of ["kept", "hard"] as const) save(`modelless, ${fate}`, fate, { by: { policy: "modelless" } });
    expect(pairs()).to.have.members(["student > student, wrong", "a, right > a, wrong", "modelless, kept > modelless, hard"]);
  });

  it("are one author's in a log that names nobody; where it names some, the others may be anybody's", () => {
    const log: Saved = { by: { origin: "recorded" } };
    save("right", "kept", log);
    save("wrong", "hard", log);
    expect(pairs()).to.deep.equal(["right > wrong"]);
    save("named", "hard", { by: { origin: "recorded", model: "a" } });
    expect(pairs()).to.deep.equal([]);
  });

  it("were asked alike: prompt, tools and dialect tell nothing", () => {
    const asked = (system: string, text: string): Partial<Trajectory> => ({
      messages: [
        { role: "system", content: system },
        { role: "user", content: "u" },
        { role: "assistant", content: text, text },
      ],
    });
    save("", "kept", asked("s", "kept"));
    save("", "hard", asked("other", "prompt"));
    save("", "hard", { ...asked("s", "tools"), tools: [CODE] });
    save("", "hard", { ...asked("s", "dialect"), dialect: "native" });
    expect(pairs()).to.deep.equal([]);
    save("", "hard", asked("s", "wrong"));
    expect(pairs()).to.deep.equal(["kept > wrong"]);
  });

  it("leave out calls and results that do not pair, on either side", () => {
    const unpaired = { faults: ["unpaired: x"] };
    save("kept", "kept");
    save("kept, unpaired", "kept", unpaired);
    save("wrong, unpaired", "hard", unpaired);
    save("wrong", "hard", { faults: ["malformed tool call: x"] });
    expect(pairs()).to.deep.equal(["kept > wrong"]);
  });

  it("are of different texts, each pair once, white space around a turn aside", () => {
    for (const text of ["kept", "kept ", "also kept"]) save(text, "kept");
    for (const text of ["wrong", "wrong\n", " kept"]) save(text, "hard");
    expect(pairs()).to.have.members(["kept > wrong", "also kept > wrong"]);
  });

  it("are four of a question at most, the nearest in length first, and no text twice before each has had its turn", () => {
    const long = (text: string, length: number) => text.padEnd(length, ".");
    for (const length of [10, 30]) save(long("k", length), "kept");
    for (const length of [80, 35, 12, 60, 31]) save(long("w", length), "hard");
    const found = [...siblingPairs(store)].map(({ chosen, rejected }) => [said(chosen)?.length, said(rejected)?.length]);
    expect(found).to.deep.equal([
      [30, 31],
      [10, 12],
      [30, 35],
      [10, 31],
    ]);
  });

  it("are no more than four where many texts stand on both sides", () => {
    for (let at = 0; at < 12; at++) save(`${at}`, at % 2 === 0 ? "kept" : "hard");
    expect(pairs()).to.have.length(4);
  });

  it("are of one form before any other, since form alone would tell them apart", () => {
    const form = (value: number, scores: Scores): Scores => ({ ...scores, format: { value } });
    save("kept", "kept", { scores: form(1, RIGHT) });
    for (const text of ["bad1", "bad2", "bad3", "bad4"]) save(text, "hard", { scores: form(0.5, WRONG) });
    save("wrong, but in form, and much longer", "hard", { scores: form(1, WRONG) });
    expect(pairs()).to.have.length(4).and.include("kept > wrong, but in form, and much longer");
    expect(pairs()[0]).to.equal("kept > wrong, but in form, and much longer");
  });

  it("look at the first 64 texts of either side, whatever a log has", () => {
    save("kept", "kept");
    store.transaction(() => {
      for (let at = 0; at < 63; at++) save(`a long wrong text ${at}`, "hard");
    });
    save("64th", "hard");
    save("last", "hard");
    expect(pairs()).to.include("kept > 64th").and.not.include("kept > last");
  });

  it("are all there are up to four, each once and of one author, whatever the candidates", () => {
    const candidate = fc.record({ text: fc.constantFrom("a", "bb", "ccc", "dddd", "eeeee"), kept: fc.boolean(), model: fc.constantFrom("x", "y") });
    let position = 0;
    fc.assert(
      fc.property(fc.array(candidate, { maxLength: 12 }), (candidates) => {
        position++;
        for (const { text, kept, model } of candidates) save(text, kept ? "kept" : "hard", { position, by: { policy: "student", model } });
        const right = candidates.filter(({ kept }) => kept);
        const wrong = candidates.filter(({ kept, text }) => !kept && right.every((one) => one.text !== text));
        const possible = right.flatMap((one) => wrong.filter(({ model }) => model === one.model).map((other) => [one, other] as const));
        const named = new Set(possible.map(([one, other]) => `${one.model}: ${one.text} > ${other.text}`));
        const found = [...siblingPairs(store)]
          .filter(({ query: { id } }) => id === `q-${position}`)
          .map(({ chosen, rejected }) => {
            expect(rejected.provenance.model).to.equal(chosen.provenance.model);
            return `${chosen.provenance.model}: ${said(chosen)} > ${said(rejected)}`;
          });
        expect([...named]).to.include.members(found);
        expect(new Set(found).size).to.equal(found.length).and.to.equal(Math.min(4, named.size));
      }),
      { numRuns: 30 },
    );
  });

  it("hold nothing that was changed since", async () => {
    save("kept", "kept");
    const { id } = save("wrong", "discarded");
    const { trajectory: made, ...row } = store.trajectory(id)!;
    store.saveTrajectory({ ...row, trajectory: { ...made, answer: "8", dialect: "native" } });
    expect(await messageOfFailure(writeDatasets(store, folder))).to.include("is not what was written");
  });
});

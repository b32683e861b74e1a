import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { trajectoryRow } from "../src/data/dataset-rows.ts";
import { writeJsonLines } from "../src/data/json-lines.ts";
import type { AssistantMessage, Message, ToolMessage, Trajectory } from "../src/kernel/plugin.ts";
import { trajectoryId } from "../src/kernel/trajectory/identity.ts";
import { type Fate, RunStore } from "../src/loop/store/run-store.ts";
import { datasetFiles, preferencePairs, promptTrajectories, sftTrajectories, writeCard, writeDatasets } from "../src/results/datasets.ts";
import { messageOfFailure } from "./support/failures.ts";
import { newFolder } from "./support/presets.ts";
import { CODE, query, SEARCH, scored, trajectory } from "./support/trajectories.ts";

const IDENTITY = { runId: "demo-1", preset: "demo", presetHash: "p", queriesHash: "q", plugins: {} };

let folder: string;
let store: RunStore;
/** A new run for each test of a suite. */
function inRun(): void {
  beforeEach(() => {
    folder = newFolder();
    store = RunStore.open(folder, IDENTITY);
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });
}

const says = (text: string, more: Partial<AssistantMessage> = {}): AssistantMessage => ({ role: "assistant", content: text, text, ...more });

const ids = new Map<string, string>();
const nameOf = (id: string | undefined) => [...ids].findLast(([, one]) => one === id)?.[0];

/** Saves a trajectory of the question at this position under a name: what it repairs is told by name, and its id goes by its content. */
function save(name: string, position: number, fate: Fate, changes: Partial<Trajectory> = {}): Trajectory {
  const ordinal = store.trajectoriesAt(position).length;
  const changed = { ...trajectory({ query: query(`q-${position}`), turns: [says(name)] }), ...changes };
  const { parent, ...provenance } = changed.provenance;
  const content = {
    ...changed,
    provenance: { ...provenance, ...(parent === undefined ? {} : { parent: ids.get(parent) ?? parent }), notes: { name } },
  };
  const made = { ...content, id: trajectoryId(content) };
  ids.set(name, made.id);
  store.saveTrajectory({ ...scored(), trajectory: made, position, ordinal, fate });
  return made;
}

function rowsOf(file: string): Record<string, unknown>[] {
  const text = readFileSync(file, "utf8");
  expect(text === "" || text.endsWith("\n"), "every row ends its line").to.equal(true);
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
const namesIn = (file: string) => rowsOf(file).map(({ id }) => nameOf(String(id)));
const messagesWith = (...turns: readonly Message[]): Partial<Trajectory> => ({ messages: [{ role: "user", content: "q" }, ...turns] });

describe("the data sets of a run", () => {
  inRun();

  it("hold what was kept, preferred and too hard, in the order of the questions", async () => {
    save("kept-2", 2, "kept");
    save("hard-1", 1, "hard");
    save("repaired-0", 0, "repaired");
    for (const fate of ["discarded", "failed", "pending", "refused"] as const) save(`${fate}-0`, 0, fate);
    save("accepted-0", 0, "accepted", { provenance: { origin: "repair", parent: "repaired-0" } });
    save("kept-0", 0, "kept");
    const { counts, files } = await writeDatasets(store, folder);
    expect(namesIn(files.sft)).to.deep.equal(["accepted-0", "kept-0", "kept-2"]);
    expect(namesIn(files.hardCases)).to.deep.equal(["hard-1"]);
    expect(counts).to.deep.equal({
      ...{ sft: 3, preferences: 1, siblings: 0, hardCases: 1 },
      ...{ duplicates: 0, untrained: 0, repaired: 1, questions: 2, onlyRepaired: 0 },
      ...{ samePairs: 0, contradicting: 0, incomparable: 0, chosenTexts: 1, siblingQuestions: 0 },
    });
    expect(files).to.deep.equal(datasetFiles(folder));
    expect(readdirSync(join(folder, "datasets")).sort()).to.deep.equal(["hard-cases.jsonl", "preferences.jsonl", "sft.jsonl", "siblings.jsonl"]);
  });

  it("are whole and without rows where nothing was kept", async () => {
    const { counts, files } = await writeDatasets(store, folder);
    expect([...new Set(Object.values(counts))]).to.deep.equal([0]);
    for (const file of [files.sft, files.preferences, files.siblings, files.hardCases]) expect(readFileSync(file, "utf8")).to.equal("");
  });

  it("are the same bytes when they are written again", async () => {
    save("a", 0, "kept");
    save("b", 1, "accepted", { provenance: { origin: "repair", parent: "a" } });
    const read = ({ sft, preferences }: { sft: string; preferences: string }) => [sft, preferences].map((file) => readFileSync(file, "utf8"));
    const first = read((await writeDatasets(store, folder)).files);
    expect(read((await writeDatasets(store, folder)).files)).to.deep.equal(first);
  });

  it("say of every message whether it is trained on, and leave out what differs between two runs that did the same", () => {
    const turns: (AssistantMessage | ToolMessage)[] = [
      { role: "assistant", content: "a", tokens: [1, 2], train: false },
      { role: "tool", toolCallId: "c", name: "f", content: "1", ok: true, durationMs: 12 },
      { role: "assistant", content: "b", text: "b", reasoning: "r", tokens: [3] },
    ];
    const { answer: _answer, ...unanswered } = trajectory({ turns });
    expect(trajectoryRow({ trajectory: unanswered, scores: {} })).to.deep.equal({
      id: unanswered.id,
      query: query(),
      dialect: "tags",
      tools: [],
      messages: [
        { role: "system", content: "Add." },
        { role: "user", content: "What is 3 + 4?" },
        { role: "assistant", content: "a", train: false },
        { role: "tool", toolCallId: "c", name: "f", content: "1", ok: true },
        { role: "assistant", content: "b", text: "b", reasoning: "r", train: true },
      ],
      answer: null,
      finish: "answer",
      faults: [],
      scores: {},
      verdict: null,
      provenance: { origin: "rollout", candidate: 0 },
    });
  });

  it("hold no half of a surrogate pair: readers of other languages refuse the whole file for its escape, or fail at the text", async () => {
    const half = "a\ud83e";
    const call = { id: "c", name: "f", arguments: { [half]: [half, 1] } };
    const turns: Message[] = [
      says(half, { toolCalls: [call] }),
      { role: "tool", toolCallId: "c", name: "f", content: "\udd14b", ok: true },
      says("\ud83e\udd14 \\ud83e"),
    ];
    const worse = save("worse", 0, "repaired", messagesWith(says(`worse ${half}`)));
    save("better", 0, "accepted", {
      query: { ...query("q-0"), question: half },
      ...messagesWith(...turns),
      provenance: { origin: "repair", parent: worse.id },
    });
    const { files } = await writeDatasets(store, folder);
    for (const file of [files.sft, files.preferences]) expect(readFileSync(file, "utf8")).not.to.match(/(?<!\\)(?:\\\\)*\\ud[89a-f]/);
    const [row] = rowsOf(files.sft) as unknown as Trajectory[];
    const [, first, result, last] = row?.messages ?? [];
    expect(first).to.deep.include({ content: "a\ufffd", toolCalls: [{ ...call, arguments: { "a\ufffd": ["a\ufffd", 1] } }] });
    expect([result?.content, last?.content]).to.deep.equal(["\ufffdb", "\ud83e\udd14 \\ud83e"]);
  });

  it("keep answer, scores and verdict where there are some", () => {
    const about = { ...scored(), scores: { correctness: { value: 1 } } };
    expect(trajectoryRow(about)).to.deep.include({ answer: "7", scores: about.scores, verdict: about.verdict });
  });
});

describe("the SFT rows of a run", () => {
  inRun();

  const asked = (system: string, user: string): Partial<Trajectory> => ({
    messages: [{ role: "system", content: system }, { role: "user", content: user }, says("same")],
  });

  it("are counted by who wrote them and by question: what only repairs gained is new", async () => {
    const repairs = (parent: string, says = parent): Partial<Trajectory> => ({
      provenance: { origin: "repair", parent },
      ...messagesWith({ role: "assistant", content: says, text: says }),
    });
    save("a", 0, "kept", messagesWith(says("same")));
    save("b", 0, "accepted", repairs("x", "same"));
    save("c", 1, "kept");
    save("d", 1, "accepted", repairs("x", "other"));
    for (const name of ["e", "f"]) save(name, 2, "accepted", repairs("x", name));
    save("g", 2, "accepted", repairs("y", "f"));
    save("h", 3, "hard");
    const { counts } = await writeDatasets(store, folder);
    expect(counts).to.deep.include({ sft: 5, repaired: 3, duplicates: 2, questions: 3, onlyRepaired: 1 });
  });

  it("are no repairs that repeat what was kept, be it for white space around a turn", () => {
    const turns = (...[first, last]: readonly [string, string]): Partial<Trajectory> =>
      messagesWith(says(first), { role: "tool", toolCallId: "c", name: "f", content: "1", ok: true }, says(last));
    save("kept", 0, "kept", turns("x", "end"));
    save("again", 0, "accepted", { ...turns("x\n", "  end "), provenance: { origin: "repair", parent: "p" } });
    save("not within", 0, "accepted", { ...turns("x", "e nd"), provenance: { origin: "repair", parent: "p" } });
    expect(written()).to.deep.equal({ ids: ["kept", "not within"], duplicates: 1 });
  });

  it("say the same whatever worked examples their authors were shown: training shows none", () => {
    const shown = (exemplar: string): Partial<Trajectory> => ({ provenance: { origin: "repair", parent: "p", notes: { exemplars: [exemplar] } } });
    save("a", 0, "accepted", { ...asked("s", "u"), ...shown("t-1") });
    save("b", 0, "accepted", { ...asked("s", "u"), ...shown("t-2") });
    expect(written()).to.deep.equal({ ids: ["a"], duplicates: 1 });
  });

  /** The names of those that are written, and how many were left out as duplicates. */
  function written(): { ids: (string | undefined)[]; duplicates: number } {
    const found: (string | undefined)[] = [];
    const rows = sftTrajectories(store);
    for (let next = rows.next(); ; next = rows.next()) {
      if (next.done === true) return { ids: found, duplicates: next.value.duplicates };
      found.push(nameOf(next.value.trajectory.id));
    }
  }

  it("leave out what another of the same question says already, count it, and keep the first", async () => {
    for (const id of ["a", "b", "c"]) save(id, 0, "kept", asked("s", "u"));
    save("d", 0, "kept");
    expect(written()).to.deep.equal({ ids: ["a", "d"], duplicates: 2 });
    expect((await writeDatasets(store, folder)).counts).to.deep.include({ sft: 2, duplicates: 2 });
  });

  it("say the same whatever comes after the model's last turn, and with white space around the question: no row has more", () => {
    const result: ToolMessage = { role: "tool", toolCallId: "c", name: "f", content: "1", ok: true };
    save("a", 0, "kept", messagesWith(says("x")));
    save("thanked", 0, "kept", messagesWith(says("x"), { role: "user", content: "Thanks." }));
    save("spaced", 0, "kept", { messages: [{ role: "user", content: " q\n" }, says("x")] });
    save("cut off", 0, "kept", messagesWith(says("x"), result));
    expect(written()).to.deep.equal({ ids: ["a"], duplicates: 3 });
  });

  it("are no duplicates where the same is said in another order", () => {
    const again: Message = { role: "user", content: "And?" };
    save("a", 0, "kept", messagesWith(says("x"), again, says("y")));
    save("b", 0, "kept", messagesWith(again, says("x"), says("y")));
    expect(written()).to.deep.equal({ ids: ["a", "b"], duplicates: 0 });
  });

  it("may say the same on another question", () => {
    save("a", 0, "kept", asked("s", "u"));
    save("b", 1, "kept", asked("s", "u"));
    save("c", 1, "kept", asked("s", "u"));
    expect(written()).to.deep.equal({ ids: ["a", "b"], duplicates: 1 });
  });

  it("are no duplicates where the prompt, the question or the tools differ", () => {
    save("base", 0, "kept", asked("s", "u"));
    save("system", 0, "kept", asked("other", "u"));
    save("user", 0, "kept", asked("s", "other"));
    save("tools", 0, "kept", { ...asked("s", "u"), tools: [CODE] });
    save("others", 0, "kept", { ...asked("s", "u"), tools: [SEARCH] });
    expect(written()).to.deep.equal({ ids: ["base", "system", "user", "tools", "others"], duplicates: 0 });
  });

  it("are no duplicates where only a tool's result or the text as sampled differs", () => {
    const result = (content: string): ToolMessage => ({ role: "tool", toolCallId: "c", name: "f", content, ok: true });
    save("1", 0, "kept", messagesWith(says("x"), result("1"), says("end")));
    save("2", 0, "kept", messagesWith(says("x"), result("2"), says("end")));
    save("3", 0, "kept", messagesWith(says("x", { text: "<think>x</think>" }), result("2"), says("end")));
    expect(written()).to.deep.equal({ ids: ["1", "2", "3"], duplicates: 0 });
  });

  it("leave out what no turn is trained on in, count it, and take another that says the same for no duplicate", async () => {
    const off = says("x", { train: false });
    save("all off", 0, "kept", messagesWith(off));
    save("the same, trained on", 0, "kept", messagesWith(says("x")));
    const result: ToolMessage = { role: "tool", toolCallId: "c", name: "f", content: "1", ok: true };
    save("one on", 1, "kept", messagesWith(off, result, says("end")));
    save("nothing to learn", 2, "kept", messagesWith(off, result, says("end", { train: false })));
    save("no turn", 3, "kept", messagesWith());
    expect(written()).to.deep.equal({ ids: ["the same, trained on", "one on"], duplicates: 0 });
    expect((await writeDatasets(store, folder)).counts).to.include({ sft: 2, untrained: 3, duplicates: 0, questions: 2 });
  });

  it("are duplicates where only provenance, measurements or a tool's description differ", () => {
    save("a", 0, "kept", { tools: [CODE], ...messagesWith(says("x", { tokens: [1] })) });
    save("b", 0, "accepted", {
      tools: [{ ...CODE, description: "other" }],
      provenance: { origin: "repair", parent: "a" },
      ...messagesWith(says("x", { tokens: [2] })),
    });
    expect(written()).to.deep.equal({ ids: ["a"], duplicates: 1 });
  });
});

describe("the preference pairs of a run", () => {
  inRun();

  const repairOf = (parent?: string): Partial<Trajectory> => ({ provenance: { origin: "repair", ...(parent === undefined ? {} : { parent }) } });

  it("are each accepted repair with what it repairs", async () => {
    const worse = save("worse", 0, "repaired");
    save("refused", 0, "refused", repairOf("worse"));
    const better = save("better", 0, "accepted", repairOf("worse"));
    const { files } = await writeDatasets(store, folder);
    expect(rowsOf(files.preferences)).to.deep.equal([
      {
        query: better.query,
        kind: "repair",
        chosen: JSON.parse(JSON.stringify(trajectoryRow(store.trajectory(better.id)!))),
        rejected: JSON.parse(JSON.stringify(trajectoryRow(store.trajectory(worse.id)!))),
      },
    ]);
    const [pair] = [...preferencePairs(store)];
    expect([nameOf(pair?.chosen.id), nameOf(pair?.rejected.id), pair?.chosenRow.fate, pair?.rejectedRow.fate]).to.deep.equal([
      "better",
      "worse",
      "accepted",
      "repaired",
    ]);
  });

  it("are different within their question: of pairs that say the same on both sides the first stays", async () => {
    const text = (content: string): Partial<Trajectory> => messagesWith({ role: "assistant", content, text: content });
    for (const [position, [worse, better]] of [
      [0, ["x", "y"]],
      [0, ["x", "y "]],
      [0, ["x", "z"]],
      [0, ["w", "y"]],
      [1, ["x", "y"]],
    ] as const) {
      const parent = save(`${position} ${worse} ${better}`, position, "repaired", text(worse));
      save(`${position} ${better} ${worse}`, position, "accepted", { ...text(better), ...repairOf(parent.id) });
    }
    const { counts, files } = await writeDatasets(store, folder);
    const chosen = rowsOf(files.preferences).map((row) => nameOf((row["chosen"] as Trajectory).id));
    expect(chosen).to.deep.equal(["0 y x", "0 z x", "0 y w", "1 y x"]);
    expect(counts).to.include({ preferences: 4, samePairs: 1, chosenTexts: 3 });
  });

  const said = (content: string): Partial<Trajectory> => messagesWith(says(content));
  const chosenNames = () => [...preferencePairs(store)].map(({ chosen }) => nameOf(chosen.id));

  it("reject nothing that is learnt from on the same question: a candidate kept for one of two that say the same, say", async () => {
    save("kept", 0, "kept", said("x"));
    save("the same", 0, "repaired", said("x "));
    save("better", 0, "accepted", { ...said("y"), ...repairOf("the same") });
    save("elsewhere", 1, "repaired", said("x"));
    save("fine", 1, "accepted", { ...said("y"), ...repairOf("elsewhere") });
    expect(chosenNames()).to.deep.equal(["fine"]);
    expect((await writeDatasets(store, folder)).counts).to.include({ sft: 3, preferences: 1, contradicting: 1 });
  });

  it("never prefer two texts to each other, nor a text to itself, whatever system prompt it was written under", async () => {
    const under = (system: string, content: string): Partial<Trajectory> => ({
      messages: [{ role: "system", content: system }, { role: "user", content: "q" }, says(content)],
    });
    save("x", 0, "repaired", under("old", "x"));
    save("y", 0, "repaired", under("old", "y"));
    save("y over x", 0, "accepted", { ...under("new", "y"), ...repairOf("x") });
    save("x over y", 0, "accepted", { ...under("new", "x"), ...repairOf("y") });
    save("z", 1, "repaired", under("old", "z"));
    save("z over z", 1, "accepted", { ...under("new", "z"), ...repairOf("z") });
    expect(chosenNames()).to.deep.equal([]);
    expect((await writeDatasets(store, folder)).counts).to.include({ sft: 3, preferences: 0, contradicting: 3 });
  });

  it("leave out what was asked something else, and parents without a turn; white space around a question is nothing", async () => {
    const asked = (question: string, ...turns: readonly Message[]): Partial<Trajectory> => ({
      messages: [{ role: "user", content: question }, ...turns],
    });
    save("other", 0, "repaired", asked("p", says("x")));
    save("a", 0, "accepted", { ...said("y"), ...repairOf("other") });
    save("nothing", 1, "repaired", asked("q"));
    save("b", 1, "accepted", { ...said("y"), ...repairOf("nothing") });
    save("spaced", 2, "repaired", asked("q\n", says("x")));
    save("c", 2, "accepted", { ...said("y"), ...repairOf("spaced") });
    expect(chosenNames()).to.deep.equal(["c"]);
    expect((await writeDatasets(store, folder)).counts).to.include({ preferences: 1, incomparable: 2 });
  });

  it("leave out repairs whose parent is not there", async () => {
    save("orphan", 0, "accepted", repairOf());
    save("lost", 0, "accepted", repairOf("gone"));
    expect([...preferencePairs(store)]).to.deep.equal([]);
    expect((await writeDatasets(store, folder)).counts).to.include({ preferences: 0, incomparable: 2 });
  });

  it("leave out parents whose calls and results do not pair, and go on with the next", () => {
    save("unpaired", 0, "repaired", { faults: ["unpaired: x"] });
    save("a", 0, "accepted", repairOf("unpaired"));
    save("sound", 1, "repaired", { faults: ["malformed tool call: x"] });
    save("b", 1, "accepted", repairOf("sound"));
    expect([...preferencePairs(store)].map(({ chosen }) => nameOf(chosen.id))).to.deep.equal(["b"]);
  });
});

describe("the prompts of a run", () => {
  inRun();

  it("are one trajectory of every question that was rolled out, the first, whatever became of it", () => {
    for (const [index, fate] of (["kept", "repaired", "hard", "discarded"] as const).entries()) {
      const position = index + 1;
      save(`failed-${position}`, position, "failed");
      save(`${fate}-first`, position, fate);
      save(`${fate}-second`, position, fate);
    }
    for (const [place, fate] of (["failed", "pending", "accepted", "refused"] as const).entries()) save(fate, 5 + place, fate);
    expect([...promptTrajectories(store)].map(({ trajectory }) => nameOf(trajectory.id))).to.deep.equal([
      "kept-first",
      "repaired-first",
      "hard-first",
      "discarded-first",
    ]);
  });
});

describe("a file of rows", () => {
  inRun();

  const draftOf = (file: string) => `${file}.part`;

  it("is whole and in order where it is larger than what a disk takes at once", async () => {
    const file = join(folder, "rows.jsonl");
    const long = "x".repeat(10_000);
    expect(
      await writeJsonLines(file, function* () {
        for (let id = 0; id < 500; id++) yield { id, long };
      }),
    ).to.equal(500);
    expect(rowsOf(file).map(({ id }) => id)).to.deep.equal(Array.from({ length: 500 }, (_, id) => id));
    expect(existsSync(draftOf(file))).to.equal(false);
  });

  it("asks for no more rows than it can write", async () => {
    let asked = 0;
    const waiting = writeJsonLines(join(folder, "rows.jsonl"), function* () {
      for (; asked < 50; asked++) yield "x".repeat(100_000);
    });
    expect(asked).to.be.lessThan(2);
    expect(await waiting).to.equal(50);
  });

  it("stays the old one where the rows break off, and leaves no draft behind", async () => {
    const file = join(folder, "rows.jsonl");
    writeFileSync(file, "old\n");
    const broken = writeJsonLines(file, function* () {
      yield 1;
      throw new Error("the format gave up");
    });
    expect(await broken.catch((error: Error) => error.message)).to.equal("the format gave up");
    expect(readFileSync(file, "utf8")).to.equal("old\n");
    expect(existsSync(draftOf(file))).to.equal(false);
  });

  it("passes on a format's error that has a code of its own", async () => {
    const own = Object.assign(new Error("no"), { code: "TRL_PAIR_PROMPTS" });
    const broken = writeJsonLines(join(folder, "rows.jsonl"), () => {
      throw own;
    });
    expect(await broken.catch((error: unknown) => error)).to.equal(own);
    for (const code of ["XENOENT", "ENOENT_X", "Enoent"]) {
      const other = Object.assign(new Error("no"), { code });
      const result = writeJsonLines(join(folder, "rows.jsonl"), () => {
        throw other;
      });
      expect(await result.catch((error: unknown) => error), code).to.equal(other);
    }
  });

  const cannotBeWritten = (file: string, code: string) =>
    `[ATRAJ_STORE_FAILED] ${file}: it cannot be written (${code}).
  Nothing is lost: the run's store holds all trajectories. Make room or repair the folder, then \`autotraj resume\`.`;

  it("says which file it is where the disk refuses, also while many rows wait", async () => {
    const file = join(folder, "rows.jsonl");
    mkdirSync(draftOf(file));
    const rows = function* () {
      for (let id = 0; id < 20; id++) yield "x".repeat(100_000);
    };
    expect(await messageOfFailure(writeJsonLines(file, rows))).to.equal(cannotBeWritten(file, "EISDIR"));
    expect(await messageOfFailure(writeJsonLines(file, () => []))).to.equal(cannotBeWritten(file, "EISDIR"));
  });

  it("tells the rows' error where both go wrong, and the disk's is nobody's unhandled rejection", async () => {
    const file = join(folder, "rows.jsonl");
    mkdirSync(draftOf(file));
    const unhandled: unknown[] = [];
    const note = (error: unknown) => void unhandled.push(error);
    process.on("unhandledRejection", note);
    try {
      const broken = writeJsonLines(file, function* () {
        yield 1;
        throw new Error("the format gave up");
      });
      expect(await broken.catch((error: Error) => error.message)).to.equal("the format gave up");
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      process.off("unhandledRejection", note);
    }
    expect(unhandled).to.deep.equal([]);
  });

  it("says so of the folder and of the card", async () => {
    writeFileSync(join(folder, "datasets"), "a file in its place");
    expect(await messageOfFailure(writeDatasets(store, folder))).to.equal(cannotBeWritten(folder, "EEXIST"));
    const { card } = datasetFiles(folder);
    expect(await messageOfFailure(writeCard(datasetFiles(folder), "# card"))).to.equal(cannotBeWritten(card, "ENOTDIR"));
    rmSync(join(folder, "datasets"));
    mkdirSync(join(folder, "datasets"));
    await writeCard(datasetFiles(folder), "# card");
    expect(readFileSync(card, "utf8")).to.equal("# card");
  });
});

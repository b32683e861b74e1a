import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { QUERIES, type Query } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import { dataSets } from "../../../../test/data/sets.ts";
import { failureOf } from "../../../../test/failure.ts";
import { dropReason, queriesOf } from "../../../../test/preparers/questions.ts";
import plugin from "../src/index.ts";
import type { DecontaminateOptions } from "../src/options.ts";
import { wordsOf } from "../src/words.ts";

const LEAKED =
  "Betty is saving for a new wallet which costs $100. Betty has only half of the money she needs. Her parents gave her $15 for that purpose, and her grandparents twice as much. How much more money does Betty need?";

const query = (question: string, index: number): Query => ({ id: `t${index}`, question, answers: [] });

interface Setting {
  readonly train: readonly string[];
  readonly evaluate?: readonly string[];
  readonly options?: Partial<DecontaminateOptions>;
  readonly baseDir?: string;
  /** The order in which the questions are asked; default: the file's. */
  readonly asked?: readonly number[];
}

/** Why each question is dropped; undefined where it is not. */
async function drops({ train, evaluate, options = {}, baseDir, asked }: Setting): Promise<readonly (string | undefined)[]> {
  const all = train.map(query);
  const services = [
    [
      QUERIES,
      queriesOf(
        all,
        evaluate?.map((question, index) => ({ id: `h${index}`, question, answers: [] })),
      ),
    ],
  ] as const;
  const plugged = await setupPlugin(plugin, { options, services, ...(baseDir === undefined ? {} : { baseDir }) });
  await plugged.start();
  const reasons: (string | undefined)[] = [];
  for (const index of asked ?? all.keys()) reasons[index] = await dropReason(plugged, all[index]!);
  return reasons;
}

describe("decontamination", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-decontaminate-"));
  });
  after(() => rmSync(folder, { recursive: true }));
  const write = (name: string, ...lines: readonly (object | string)[]) =>
    writeFileSync(join(folder, name), lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));

  describe("drops duplicates", () => {
    it("keeping the first in the file's order, whichever is asked first, and names it", async () => {
      const train = ["What is 2 + 3?", "Something else?", "what is  2+3"];
      const expected = [undefined, undefined, 'the same words as the earlier question "t0"'];
      expect(await drops({ train })).to.deep.equal(expected);
      expect(await drops({ train, asked: [2, 1, 0] })).to.deep.equal(expected);
    });

    it("but not what differs in a number, a sign, a bracket or their order", async () => {
      const train = ["2 + 3 * 4?", "2 + 3 * 5?", "2 - 3 * 4?", "(2 + 3) * 4?", "3 + 2 * 4?", "2.3 * 4?", "23 * 4?", ".23 * 4?", "4!?", "4?"];
      expect(await drops({ train })).to.deep.equal(train.map(() => undefined));
    });

    it("that differ in their numbers only where that is asked for", async () => {
      const train = ["Tom has 3 apples.", "Tom has 1,200.5 apples.", "Tom had 3 apples."];
      const dropped = await drops({ train, options: { ignoreNumbers: true } });
      expect(dropped).to.deep.equal([undefined, 'the same words as the earlier question "t0", but for numbers', undefined]);
    });

    it("unless they are kept; then there must be something held out", async () => {
      const train = ["a b?", "a b?"];
      expect(await drops({ train, evaluate: ["x y?"], options: { dropDuplicates: false } })).to.deep.equal([undefined, undefined]);
      expect(await failureOf(drops({ train, options: { dropDuplicates: false } }))).to.include({ code: "NOTHING_TO_COMPARE" });
    });

    it("and takes no two questions without a word for the same", async () => {
      expect(await drops({ train: ["???", "...", "\u200b"] })).to.deep.equal([undefined, undefined, undefined]);
    });
  });

  describe("drops what is held out", () => {
    it("whatever its case, blanks, punctuation, quotes, dashes, width and thousands commas", async () => {
      const heldOut = "Janet's well-known shop sells 1,200 eggs. “How many?” she asks – 3 – or 5-4?";
      const train = [
        'JANET’S WELL‐KNOWN SHOP SELLS 1200 EGGS! "How many", she asks — 3 — or 5−4',
        "\n janets  well known shop  sells １２００ eggs:\thow many; she asks - 3 - or 5 - 4 ...",
      ];
      const reason = 'the same words as held-out question "h0" (queries.evaluate)';
      expect(await drops({ train, evaluate: [heldOut] })).to.deep.equal([reason, reason]);
    });

    it("when words were changed, sentences added, or only a part of it is asked, as long as the numbers are the same", async () => {
      const train = [
        LEAKED.replace("wallet", "purse").replace("grandparents", "aunts"),
        `Solve this step by step and show all of your work, please. ${LEAKED} Round to 2 decimals.`,
        LEAKED.slice(0, LEAKED.indexOf(", and her")),
        LEAKED.replace("$15", "$20"),
        "Betty needs a wallet. It costs $100, she has half of it, and got $15 and twice that. What is missing?",
      ];
      const dropped = await drops({ train, evaluate: ["How many?", LEAKED] });
      expect(dropped.map((reason) => reason?.replace(/0\.\d+/, "S"))).to.deep.equal([
        'overlap S of 5-grams with held-out question "h1" (queries.evaluate), the same numbers',
        'overlap 1 of 5-grams with held-out question "h1" (queries.evaluate), the same numbers',
        'overlap 1 of 5-grams with held-out question "h1" (queries.evaluate), the same numbers',
        undefined,
        undefined,
      ]);
    });

    it("with other numbers only where that is asked for", async () => {
      const [dropped] = await drops({ train: [LEAKED.replace("$15", "$20")], evaluate: [LEAKED], options: { ignoreNumbers: true } });
      expect(dropped).to.equal('the same words as held-out question "h0" (queries.evaluate), but for numbers');
    });

    it("naming the one with the largest overlap, of equals the first", async () => {
      const near = LEAKED.replace("wallet", "purse");
      const other = LEAKED.replace("parents", "uncles").replace("only", "just");
      const [dropped] = await drops({ train: [near.replace("new", "red")], evaluate: [other, near, near.replace("Betty is", "Anna is")] });
      expect(dropped).to.include('"h1"');
    });

    it("but no question that shares only a template with many others", async () => {
      const template = (...numbers: readonly number[]) =>
        `State the final answer to the following arithmetic problem, and give nothing but the result of it: ${numbers.join(" + ")} =`;
      const evaluate = [template(9, 5)];
      const train = Array.from({ length: 12 }, (_, index) => template(index + 10, 9, 5, index));
      expect(await drops({ train, evaluate })).to.deep.equal(train.map(() => undefined));
    });

    it("however often it is reworded: many rewordings are no template", async () => {
      const words = [
        "wallet",
        "money",
        "parents",
        "purpose",
        "grandparents",
        "saving",
        "only",
        "twice",
        "costs",
        "new",
        "half",
        "much",
        "her",
        "need",
      ];
      const train = words.map((word) => LEAKED.replace(word, "thing"));
      const dropped = await drops({ train, evaluate: [LEAKED] });
      expect(dropped.filter((reason) => reason === undefined)).to.deep.equal([]);
    });

    it("by its whole text alone where it is short", async () => {
      const train = ["How many apples does Tom have in the basket now?", "How many apples does Tom have in the basket?"];
      const dropped = await drops({ train, evaluate: ["how many apples does Tom have in the basket"] });
      expect(dropped.map((reason) => reason !== undefined)).to.deep.equal([false, true]);
    });

    it("in files of any field, beside the preset's own questions or without them", async () => {
      write("a.jsonl", { id: 7, problem: LEAKED }, "", { problem: "x\u2028y z?" });
      const train = [LEAKED, "x y z?", "held out by the preset?"];
      const setting = { train, evaluate: ["Held out by the preset?"], baseDir: folder };
      const options = { against: ["a.jsonl"], field: "problem" };
      expect(await drops({ ...setting, options })).to.deep.equal([
        'the same words as held-out question "7" (a.jsonl:1)',
        "the same words as held-out question (a.jsonl:3)",
        'the same words as held-out question "h0" (queries.evaluate)',
      ]);
      expect((await drops({ ...setting, options: { ...options, evaluate: false } }))[2]).to.equal(undefined);
    });
  });

  describe("refuses", () => {
    it("a file that is not there, one without questions, and names every row without one", async () => {
      write("bad.jsonl", { question: "fine" }, "{", { question: 3 }, "null", { question: " " }, { problem: "?" });
      write("empty.jsonl", "", " ");
      const run = (file: string) => failureOf(drops({ train: ["a"], options: { against: [file] }, baseDir: folder }));
      expect((await run("nowhere.jsonl")).message)
        .to.include(join(folder, "nowhere.jsonl"))
        .and.include("ENOENT");
      expect(await run("empty.jsonl")).to.include({ code: "HELD_OUT_EMPTY" });
      const { code, message } = await run("bad.jsonl");
      expect(code).to.equal("HELD_OUT_INVALID");
      expect(message.split("\n").map((line) => line.replace(folder, ""))).to.deep.equal([
        "/bad.jsonl:2 is not JSON.",
        ...[3, 4, 5, 6].map((line) => `/bad.jsonl:${line} has no text in "question".`),
      ]);
    });

    it("an n-gram longer than the shortest question compared", async () => {
      expect(await failureOf(drops({ train: ["a"], options: { ngram: 13 } }))).to.include({ code: "MIN_WORDS" });
    });
  });

  it("reads a question of a million hostile characters in linear time", () => {
    for (const piece of [".", ",111", "!", "'", "-", "1:", "\u0301", "(", "a-"]) {
      const { all } = wordsOf(piece.repeat(1_000_000 / piece.length));
      expect(all.length).to.be.lessThan(1_000_001);
    }
  });
});

const REAL = {
  sample: { templates: 3, planted: 50, found: 45, dropped: { chain_sum: [0, 1], leg_counting: [0, 0], base_conversion: [0, 0], products: [0, 2] } },
  whole: { templates: 6, planted: 200, found: 180, dropped: { chain_sum: [0, 1], leg_counting: [0, 0], base_conversion: [0, 0], products: [0, 15] } },
} as const;

for (const { size, path, rows } of dataSets) {
  describe(`decontamination of real questions (${size})`, () => {
    const { templates, planted, found, dropped } = REAL[size];
    const questions = (file: string) => rows<{ question: string }>(file).map(({ question }) => question);

    it("finds nothing of GSM8K's test questions and of SVAMP in GSM8K's train questions, and few templates with other numbers", async () => {
      const train = questions("gsm8k/train.jsonl");
      const dropped = async (file: string, ignoreNumbers: boolean) =>
        (await drops({ train, options: { against: [path(file)], ignoreNumbers, dropDuplicates: false } })).filter((reason) => reason !== undefined);
      expect(await dropped("gsm8k/test.jsonl", false)).to.deep.equal([]);
      expect(await dropped("eval-math/svamp.jsonl", false)).to.deep.equal([]);
      expect(await dropped("gsm8k/test.jsonl", true)).to.have.length(templates);
    });

    it("finds all planted test questions with other typography, and nine in ten with a twentieth of their words replaced", async () => {
      const test = questions("gsm8k/test.jsonl").slice(0, planted);
      const loud = test.map(
        (question) =>
          `  ${question
            .toUpperCase()
            .replaceAll(" ", "  ")
            .replace(/\.(?=\s|$)/g, " !")}`,
      );
      // Every twentieth word, starting at another one in each question; numbers stay.
      const reworded = test.map((question, index) =>
        question
          .split(" ")
          .map((word, at) => (at % 20 === index % 20 && !/\d/.test(word) ? "something" : word))
          .join(" "),
      );
      const foundIn = async (train: readonly string[]) =>
        (await drops({ train, evaluate: test, options: { dropDuplicates: false } })).filter((reason) => reason !== undefined).length;
      expect(await foundIn(loud)).to.equal(planted);
      expect(await foundIn(reworded)).to.be.at.least(found);
    });

    it("drops no procedural question for its template, and every repeated one", async () => {
      for (const [task, [overlaps, all]] of Object.entries(dropped)) {
        const asked = questions(`reasoning-gym/${task}.jsonl`);
        const reasons = (await drops({ train: asked.slice(8), evaluate: asked.slice(0, 8) })).filter((reason) => reason !== undefined);
        expect([reasons.filter((reason) => reason.startsWith("overlap")).length, reasons.length], task).to.deep.equal([overlaps, all]);
      }
    });
  });
}

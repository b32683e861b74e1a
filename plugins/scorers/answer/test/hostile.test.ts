import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { environments, outcome, scoreWith, setUp, withScorer } from "./scoring.ts";
import { letGo, score } from "./warm.ts";

/** Processes of ours that run the worker script. */
function workers(): number[] {
  const children = execFileSync("ps", ["-ww", "-o", "pid=,args=", "--ppid", String(process.pid)], { encoding: "utf8" }).split("\n");
  return children.filter((line) => line.includes("worker.py")).map((line) => Number.parseInt(line, 10));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("a hostile answer", () => {
  const never = {
    "nested brackets": `${"(".repeat(3000)}1${")".repeat(3000)}`,
    "nested fractions": `${"\\frac{1}{".repeat(800)}1${"}".repeat(800)}`,
    "a tower of powers": "10**10**10",
    "a tower of powers in LaTeX": "$10^{10^{10}}$",
    "a huge factorial": "$99999999!$",
    "a long sum": "$\\sum_{k=1}^{10^9} \\sin(k)$",
    "a long product": `$${"(x+1)".repeat(300)}$`,
    "a huge matrix": `$\\begin{pmatrix}${"1&".repeat(4000)}1\\end{pmatrix}$`,
  };
  for (const [name, answer] of Object.entries(never)) {
    it(`(${name}) is wrong or failed with a reason, and the answers around it are judged`, async () => {
      const cases = [
        { gold: "4a", pred: "2a+2a" },
        { gold: "4", pred: answer },
        { gold: "4b", pred: "5b" },
      ];
      const outcomes = (await score(cases, { timeoutMs: 700, processes: 1 })).map((found) => outcome(found["correctness"]));
      expect(outcomes[1]).to.be.oneOf(["wrong", "failed"]);
      expect([outcomes[0], outcomes[2]]).to.deep.equal(["right", "wrong"]);
    });
  }

  it("whose brackets stand in each other too deep is not tried for seconds", async () => {
    const [found] = await score([{ gold: "4a", pred: `${"(".repeat(300)}a${")".repeat(300)}` }], { timeoutMs: 100_000, processes: 1 });
    expect(found?.["correctness"]).to.have.property("failed").that.contains("more than 200 deep");
  });

  const text = {
    "a megabyte of text": "the answer ".repeat(100_000),
    "a megabyte of digits": "9".repeat(1_000_000),
    "an exponent without end": "1e999999999",
    commas: "1,".repeat(20_000),
    spaces: `1${" ".repeat(40_000)}x`,
    dollars: "$1".repeat(20_000),
    "open boxes": "\\boxed{".repeat(5_000),
    "open texts": "\\text{".repeat(5_000),
    letters: "e".repeat(49_000),
    "a list of letters": "A, ".repeat(16_000),
    emphasis: "**".repeat(24_000),
    "emphasis that opens only": "*a ".repeat(16_000),
    "code marks": "`".repeat(49_000),
    quotes: '"'.repeat(49_000),
    "list marks": "• ".repeat(24_000),
    "foreign digits": "٣".repeat(24_000),
    roots: "√(".repeat(24_000),
    units: `1 ${"km/".repeat(16_000)}`,
    hedges: `${"exactly ".repeat(6_000)}1`,
    declarations: "the answer is ".repeat(3_000),
    thinking: "<think>".repeat(7_000),
    "answer tags": "<answer>".repeat(6_000),
    boxes: "\\boxed{1}, ".repeat(4_000),
    "full stops": `${". ".repeat(20_000)}x`,
    "template tokens": "<|a".repeat(15_000),
    "control characters and lone surrogates": "\u0000\u001b[31m\ud800 5x",
  };
  for (const [name, answer] of Object.entries(text)) {
    it(`of ${name} is wrong for a number, a quantity, a formula, a letter and a word`, async () => {
      const golds = ["4", "4 km", "4a-2", "C", "Paris"];
      const scores = await score(
        golds.map((gold) => ({ gold, pred: answer })),
        { timeoutMs: 700, processes: 1 },
      );
      for (const [index, gold] of golds.entries()) expect(outcome(scores[index]?.["correctness"]), gold).to.be.oneOf(["wrong", "failed"]);
    });
  }

  it("runs nothing it says", async () => {
    const file = `/tmp/autotraj-answer-${process.pid}`;
    const attempts = [`__import__("os").system("touch ${file}")`, `$__import__('os').system('touch ${file}')$`, `\\input{|"touch ${file}"}`];
    await score(
      attempts.flatMap((pred) => ["4", "4a-2"].map((gold) => ({ gold, pred }))),
      { method: "math" },
    );
    expect(existsSync(file)).to.equal(false);
  });
});

describe("the math-verify workers", () => {
  const slow = { gold: "4", pred: "$\\sum_{k=1}^{10^9} \\sin(k)$" };
  const quick = { gold: "4a", pred: "2a+2a" };
  before(letGo);

  it("are not started for numbers and words", () =>
    withScorer({}, async (scorer) => {
      await scoreWith(scorer, [
        { gold: "18", pred: "$18" },
        { gold: "Paris", pred: "London" },
      ]);
      expect(workers()).to.deep.equal([]);
    }));

  it("stay warm between calls, share their calls and are gone after dispose", async () => {
    await withScorer({ processes: 2 }, async (scorer) => {
      const cases = Array.from({ length: 40 }, (_, n) => ({ gold: `${n + 2}a-2`, pred: `-2+${n + 2}*a` }));
      const calls = await Promise.all([scoreWith(scorer, cases), scoreWith(scorer, cases.slice(0, 3)), scoreWith(scorer, cases.slice(20))]);
      expect(new Set(calls.flat().map((found) => outcome(found["correctness"])))).to.deep.equal(new Set(["right"]));
      const warm = workers();
      expect(warm).to.have.length.within(1, 2);
      await scoreWith(scorer, cases.slice(0, 2));
      expect(workers()).to.include(warm[0]);
    });
    expect(workers()).to.deep.equal([]);
  });

  it("are replaced when they are killed in the middle of a case, and what waited is judged", () =>
    withScorer({ processes: 1, timeoutMs: 2000 }, async (scorer) => {
      const scoring = scoreWith(scorer, [slow, quick]);
      await until(() => workers().some(isBusy));
      const [killed] = workers();
      process.kill(killed as number, "SIGKILL");
      const outcomes = (await scoring).map((found) => outcome(found["correctness"]));
      expect(outcomes).to.deep.equal(["failed", "right"]);
      expect(workers()).to.have.length(1).and.not.include(killed);
    }));

  it("that are killed over a case that hangs charge none of those behind it with an attempt", () =>
    withScorer({ processes: 1, timeoutMs: 2000 }, async (scorer) => {
      const scoring = scoreWith(scorer, [slow, slow]);
      await until(() => workers().some(isBusy));
      const [hung] = workers() as [number];
      // It uses no CPU time any more, so that only the parent can end it.
      process.kill(hung, "SIGSTOP");
      await until(() => workers().some((pid) => pid !== hung && isBusy(pid)));
      process.kill(workers().find((pid) => pid !== hung) as number, "SIGKILL");
      const reasons = (await scoring).map((found) => (found["correctness"] as { failed: string }).failed);
      for (const reason of reasons) expect(reason).to.contain("needed more than 2000 ms");
    }));

  it("give the same verdicts in any order, and in every process", async () => {
    const cases = [
      { gold: "0", pred: "$0 \\cdot 7/0$" },
      { gold: "0", pred: "$0 \\cdot \\infty$" },
      { gold: "{1, 2, 3}", pred: "{3, 2, 1}" },
      { gold: "(x+1)^2", pred: "x^2+2x+1" },
      { gold: "\\sqrt{2}+\\sqrt{3}", pred: "\\sqrt{5+2\\sqrt{6}}" },
      { gold: "x^2-1", pred: "(x-1)(x+1)" },
      { gold: "1 < x < 2", pred: "(1, 2)" },
    ];
    const verdicts = (order: typeof cases) =>
      withScorer({ processes: 1 }, async (scorer) => (await scoreWith(scorer, order)).map((found) => outcome(found["correctness"])));
    const first = await verdicts(cases);
    expect(first).to.deep.equal(["wrong", "wrong", "right", "right", "right", "right", "right"]);
    expect((await verdicts([...cases].reverse())).reverse()).to.deep.equal(first);
    expect(await verdicts([...cases, ...cases])).to.deep.equal([...first, ...first]);
  });

  it("run with one hash seed and nothing of our environment", () =>
    withScorer({ processes: 1 }, async (scorer) => {
      await scoreWith(scorer, [quick]);
      const environment = readFileSync(`/proc/${workers()[0]}/environ`, "utf8")
        .split("\0")
        .filter((entry) => entry !== "");
      expect(environment.sort()).to.deep.equal(["LANG=C.UTF-8", "PYTHONHASHSEED=0"]);
    }));

  it("convert units in little time and memory", () =>
    withScorer({ processes: 1, timeoutMs: 100, memoryMiB: 256 }, async (scorer) => {
      const scores = await scoreWith(scorer, [
        { gold: "10 km", pred: "10,000 m" },
        { gold: "10 km", pred: `${"9".repeat(1900)} m` },
        { gold: "10 km", pred: "1e999 m" },
        { gold: "5 cm^2", pred: "5 cm^9" },
      ]);
      expect(scores.map((found) => outcome(found["correctness"]))).to.deep.equal(["right", "wrong", "wrong", "wrong"]);
    }));

  it("that run out of memory over one case cost only this case", () =>
    withScorer({ processes: 1, memoryMiB: 256 }, async (scorer) => {
      const scores = await scoreWith(scorer, [{ gold: "4", pred: `$${"9".repeat(20)}^{${"9".repeat(7)}}$` }, quick]);
      expect(outcome(scores[0]?.["correctness"])).to.be.oneOf(["failed", "wrong"]);
      expect(outcome(scores[1]?.["correctness"])).to.equal("right");
    }));

  it("let go of a run that is stopped, and judge what follows", () =>
    withScorer({ processes: 1, timeoutMs: 1000 }, async (scorer) => {
      const stop = new AbortController();
      const hung = scoreWith(scorer, [slow], stop.signal);
      await until(() => workers().length === 1);
      const reason = new Error("stopped");
      stop.abort(reason);
      expect(await hung.catch((error: unknown) => error)).to.equal(reason);
      const [next] = await scoreWith(scorer, [quick]);
      expect(outcome(next?.["correctness"])).to.equal("right");
    }));

  it("that are disposed of in the middle of a case leave no call waiting", async () => {
    const scorer = await setUp({ processes: 1 });
    const scoring = scoreWith(scorer, [slow, quick]);
    await until(() => workers().some(isBusy));
    await scorer.dispose();
    expect((await scoring).map((found) => outcome(found["correctness"]))).to.deep.equal(["failed", "failed"]);
    expect(workers()).to.deep.equal([]);
  });

  it("that cannot be had cost the formulas their score, not the rest, and are warned of", () => {
    const none = { ensure: () => Promise.reject(new Error("no Python 3.11 here")) };
    return withScorer(
      {},
      async (scorer) => {
        const scores = await scoreWith(scorer, [{ gold: "18", pred: "18" }, quick, { ...quick, pred: "" }]);
        expect(scores.map((found) => outcome(found["correctness"]))).to.deep.equal(["right", "failed", "wrong"]);
        expect(scorer.warnings).to.deep.equal(["1 answer was not judged; math-verify could not be started: no Python 3.11 here"]);
      },
      none,
    );
  });

  it("that cannot start fail what waits for them with the reason", () => {
    const withoutMathVerify = { ensure: () => environments.ensure("empty", []) };
    return withScorer(
      {},
      async (scorer) => {
        const [scores] = await scoreWith(scorer, [quick]);
        expect(scores?.["correctness"]).to.have.property("failed").that.contains("No module named 'math_verify'");
      },
      withoutMathVerify,
    );
  });

  it("may be disposed of twice and without ever having started", async () => {
    const scorer = await setUp();
    await scorer.dispose();
    await scorer.dispose();
  });
});

/** True once a process has used CPU time beyond its start-up: utime + stime in clock ticks. */
function isBusy(pid: number): boolean {
  if (!readdirSync("/proc").includes(String(pid))) return false;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]) > 150;
}

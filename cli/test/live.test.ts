import { mock } from "node:test";
import type { Progress, RunObserver } from "@autotraj/core";
import type { JsonObject } from "@autotraj/core/plugin";
import { parseJson } from "@autotraj/core/rows";
import { expect } from "chai";
import { trajectoryWith } from "../../test/trajectories.ts";
import { LiveDisplay } from "../src/display/live.ts";
import { DrawnLines } from "../src/display/terminal.ts";

const COLUMNS = 80;
/** Spelled: no regular expression holds a control character. */
const PARTS = new RegExp(["\u001b\\[2K", "\u001b\\[1A", "\r", "\n", "[^\u001b\r\n]+"].join("|"), "g");

/** A terminal that knows what is written to it: line feeds, carriage returns, the line above, and lines that are erased. */
class Screen {
  readonly lines: string[] = [""];
  readonly isTTY: boolean;
  readonly columns = COLUMNS;
  #row = 0;

  constructor(isTTY = true) {
    this.isTTY = isTTY;
  }

  write(text: string): boolean {
    for (const [part] of text.matchAll(PARTS)) {
      if (part === "\u001b[2K") this.lines[this.#row] = "";
      else if (part === "\u001b[1A") this.#row--;
      else if (part === "\n") this.lines[++this.#row] ??= "";
      else if (part !== "\r") this.lines[this.#row] += part;
    }
    return true;
  }
}

const out = (screen: Screen) => screen as unknown as NodeJS.WriteStream;

describe("lines that are redrawn", () => {
  it("stand once, below the lines that stay, and leave nothing where they become fewer", () => {
    const screen = new Screen();
    const drawn = new DrawnLines(out(screen));
    drawn.draw(["a 1", "b 1", "c 1"]);
    drawn.writeAbove("stays");
    drawn.draw(["a 2", "b 2", "c 2"]);
    drawn.writeAbove("stays too");
    expect(screen.lines).to.deep.equal(["stays", "stays too", "a 2", "b 2", "c 2"]);
    drawn.draw(["a 3"]);
    drawn.end();
    expect(screen.lines.filter((line) => line !== "")).to.deep.equal(["stays", "stays too", "a 3"]);
  });

  it("never wrap, whatever is as wide as two columns", () => {
    const screen = new Screen();
    new DrawnLines(out(screen)).draw(["漢".repeat(100), "x".repeat(100)]);
    expect(screen.lines).to.deep.equal([`${"漢".repeat(39)}…`, `${"x".repeat(78)}…`]);
  });

  it("are lines like others where nothing can be redrawn", () => {
    const screen = new Screen(false);
    const drawn = new DrawnLines(out(screen));
    drawn.draw(["a 1"]);
    drawn.writeAbove("stays");
    drawn.draw(["a 2".repeat(50)]);
    drawn.end();
    expect(screen.lines).to.deep.equal(["a 1", "stays", "a 2".repeat(50), ""]);
  });
});

describe("a run under way", () => {
  /** Ten minutes after it began. */
  const progress = (): Progress => ({
    ...{ queries: 1200, startedAt: performance.now() - 600_000, done: 300, resumed: 10, dropped: 2, failed: 3 },
    ...{ candidates: 2400, kept: 1200, toRepair: 900, repaired: 300, hard: 300, discarded: 300, refused: 700 },
    ...{ modelCalls: 12_345, storedCalls: 678, toolCalls: 9000, promptTokens: 1e7, completionTokens: 2_345_678, usd: 12.3456 },
    seconds: { rollout: 500, scoring: 20, repair: 300 },
  });
  const displayed = (screen: Screen, more: Partial<ConstructorParameters<typeof LiveDisplay>[0]> = {}) =>
    new LiveDisplay({ out: out(screen), show: 0, shape: { candidates: 4, inFlight: 8, attempts: 2 }, stages: ["sft", "rl"], ...more });

  it("is bars on a terminal of 80 columns", () => {
    const screen = new Screen();
    const display = displayed(screen);
    display.started(progress());
    display.stop();
    const [questions, candidates, repairs, spent, time] = screen.lines;
    expect(questions).to.equal("questions   █████░░░░░░░░░░░░░░░░░  315/1,200  3 failed");
    expect(candidates).to.equal("candidates  ███████████░░░░░░░░░░░  2,400/4,752 1,200 kept");
    expect(repairs).to.equal("repairs     ██████████████░░░░░░░░  600/900    300 repaired (50%)");
    expect(spent).to.equal("spent       12,345 calls (+678 stored) · 2,345,678 tokens (3909/s) · $12.3456");
    expect(time).to.match(/^time {8}10 min 0 s, about .* left · \d+ MB · then sft, rl$/);
    for (const line of screen.lines) expect(line.length, line).to.be.at.most(COLUMNS);
  });

  it("is one line for a pipe, and says nothing of this process's memory where another is at work", () => {
    const screen = new Screen(false);
    const display = displayed(screen, { isOwn: false });
    display.started(progress());
    display.stop();
    expect(screen.lines).to.have.length(2);
    expect(screen.lines[0])
      .to.match(/^315\/1200 questions · 2,400 candidates: .* left, then sft, rl$/)
      .and.not.to.contain("MB");
  });

  it("shows the first argument of each call, whatever kind of value it is", () => {
    const screen = new Screen(false);
    const call = (text: string) => ({ id: "c", name: "find", arguments: parseJson(text) as JsonObject });
    const toolCalls = ['{"id":12345678901234567890}', '{"ids":[1,{"a":2}]}', '{"q":"Oslo"}', "{}"].map(call);
    const trajectory = trajectoryWith({
      answer: "7",
      messages: [
        { role: "user", content: "?" },
        { role: "assistant", content: "", toolCalls },
      ],
    });
    displayed(screen, { show: 1 }).trajectory({ trajectory, scores: {}, fate: "kept", position: 0 } as unknown as Parameters<
      NonNullable<RunObserver["trajectory"]>
    >[0]);
    expect(screen.lines.join("\n")).to.contain('12345678901234567890 → [1,{"a":2}] → Oslo → find │ answer 7');
  });

  it("gives way to its stages, whose lines stay", () => {
    const screen = new Screen();
    const display = displayed(screen);
    display.started(progress());
    display.stage("sft", "begins");
    display.stage("sft", "is done");
    display.stop();
    expect(screen.lines.filter((line) => line !== "")).to.deep.equal(["stage sft begins", "stage sft is done"]);
  });

  it("says what a stage waits for, and for how long it has been no other", () => {
    const { now } = performance;
    let seconds = 0;
    performance.now = () => seconds * 1000;
    mock.timers.enable({ apis: ["setInterval"] });
    const passes = (whole: number) => {
      seconds += whole;
      mock.timers.tick(whole * 1000);
    };
    try {
      const screen = new Screen(false);
      const display = displayed(screen);
      display.started(progress());
      display.stage("rl", "begins");
      display.evaluating("the model that RL starts from", 16);
      passes(15);
      display.stage("rl", "trains");
      passes(15);
      passes(15);
      display.training("rl", { step: 1, total: 2, metrics: {} });
      passes(15);
      display.stop();
      expect(screen.lines.filter((line) => line !== "").slice(1)).to.deep.equal([
        "evaluate the model that RL starts from: 16 questions",
        "rl: its trainer starts",
        "rl: its trainer starts · for 15 s",
        "rl: step 1/2",
      ]);
    } finally {
      mock.timers.reset();
      performance.now = now;
    }
  });

  it("tells the time that a training has left by its own steps, not by those of a training before it", () => {
    const { now } = performance;
    let seconds = 0;
    performance.now = () => seconds * 1000;
    try {
      const screen = new Screen(false);
      const display = displayed(screen);
      for (const start of [0, 3600]) {
        seconds = start;
        display.stage("sft", "begins");
        display.training("sft", { step: 1, total: 4, metrics: {} });
        seconds += 10;
        display.training("sft", { step: 2, total: 4, metrics: {} });
      }
      display.started(progress());
      display.stop();
      expect(screen.lines.at(-2)).to.equal("sft: step 2/4 · about 20 s left");
    } finally {
      performance.now = now;
    }
  });
});

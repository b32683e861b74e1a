/** The questions that init puts on a terminal, answered by keys. */
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { askForPlugin, askForPreset } from "../src/index.ts";

const ENTER = "\r";
const DOWN = "\u001b[B";
const CTRL_C = "\u0003";

/** A terminal at which each question is answered with the next of these keys as soon as it is shown. */
function terminal(answers: Readonly<Record<string, string>>) {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input });
  const output = new PassThrough();
  const shown: string[] = [];
  const left = new Map(Object.entries(answers));
  output.on("data", (chunk: Buffer) => {
    shown.push(chunk.toString());
    for (const [question, keys] of left) {
      if (!shown.join("").includes(question)) continue;
      left.delete(question);
      void typed(keys);
    }
  });
  async function typed(keys: string): Promise<void> {
    for (const key of keys.split(DOWN).flatMap((part, index) => [...(index > 0 ? [DOWN] : []), ...part])) {
      await sleep(5);
      input.write(key);
    }
  }
  return { input, output, shown: () => shown.join(""), left };
}

describe("on a terminal init asks", () => {
  it("what one begins with, where it is and what it is called, and takes the usual for an empty answer", async () => {
    const screen = terminal({
      "begin with": DOWN + DOWN + ENTER,
      "Folder for": `first${ENTER}`,
      "server's address": ENTER,
      "model's name": `my-model${ENTER}`,
      "own questions": ENTER,
    });
    const wanted = await askForPreset({ cwd: "/" }, screen);
    expect(wanted).to.deep.include({ start: "vllm", folder: "first", endpoint: "http://127.0.0.1:8000/v1", model: "my-model", questions: undefined });
    expect([...screen.left]).to.deep.equal([]);
  });

  it("nothing that was given", async () => {
    const given = { start: "ollama", folder: ".", endpoint: "http://h/v1", model: "m", questions: "q.jsonl", cwd: "/" } as const;
    const screen = terminal({});
    expect(await askForPreset(given, screen)).to.deep.equal({ ...given, start: "ollama" });
    expect(screen.shown()).to.equal("");
  });

  it("again where an answer cannot be meant", async () => {
    const screen = terminal({ "server's address": `x${ENTER}`, "no http or https": `\u007fhttp://h/v1${ENTER}`, "own questions": ENTER });
    const wanted = await askForPreset({ start: "openai-compatible", folder: ".", model: "m", cwd: "/" }, screen);
    expect(wanted?.endpoint).to.equal("http://h/v1");
  });

  it("no further question once one is broken off", async () => {
    const screen = terminal({ "begin with": CTRL_C });
    expect(await askForPreset({ cwd: "/" }, screen)).to.equal(undefined);
    expect(screen.shown()).not.to.contain("Folder for");
  });

  it("for a plugin's kind, name and language", async () => {
    const screen = terminal({ "What is it": DOWN + ENTER, "behind autotraj-tool-": `counter${ENTER}`, "Written in": DOWN + ENTER });
    expect(await askForPlugin({}, screen)).to.deep.equal({ kind: "tool", name: "counter", language: "js" });
  });

  it("for a name that can be one", async () => {
    const screen = terminal({ "behind autotraj-gate-": `My${ENTER}`, "cannot be part": `\u007f\u007fmine${ENTER}` });
    expect(await askForPlugin({ kind: "gate", language: "ts" }, screen)).to.deep.equal({ kind: "gate", name: "mine", language: "ts" });
  });
});

/** The plugin is this file: what it begins has it in its stack. */
import { expect } from "chai";
import { LeftBehind } from "../src/plugins-at-large/left-behind.ts";

const PLUGINS = [{ id: "mine", packageName: "mine", origin: { module: import.meta.filename } }];
const HOUR_MS = 3_600_000;

describe("what a plugin leaves behind", () => {
  let leftBehind: LeftBehind;
  beforeEach(() => {
    leftBehind = new LeftBehind();
    leftBehind.watch();
  });

  it("is a timer that nobody has cleared", () => {
    const timer = setInterval(() => {}, HOUR_MS);
    try {
      const told = leftBehind.told(PLUGINS);
      expect(told).to.have.length(1);
      expect(told[0]).to.match(/^plugin "mine".* left a timer running \(.*left-behind\.test\.ts:\d+/);
    } finally {
      clearInterval(timer);
    }
  });

  it("is none that was cleared, has fired or holds no process: those that limit a request, while a run begins", async () => {
    const cleared = setTimeout(() => {}, HOUR_MS);
    clearTimeout(cleared);
    const idle = setTimeout(() => {}, HOUR_MS).unref();
    await new Promise<void>((fired) => setTimeout(fired, 1));
    expect(leftBehind.told(PLUGINS)).to.deep.equal([]);
    clearTimeout(idle);
  });
});

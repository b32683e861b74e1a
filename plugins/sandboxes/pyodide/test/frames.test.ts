import { expect } from "chai";
import { FRAME, FrameParser, frameHeader, MOST_BODY_BYTES, messageFrame } from "../src/frames.ts";
import { readMessage } from "../src/protocol.ts";

describe("Frames of an interpreter", () => {
  const cut = (...chunks: readonly Buffer[]) => {
    const frames: [number, string][] = [];
    const parser = new FrameParser((kind, body) => frames.push([kind, body.toString()]));
    for (const chunk of chunks) parser.push(chunk);
    return frames;
  };

  it("are found wherever the stream is cut", () => {
    const bytes = Buffer.concat([frameHeader(FRAME.stdout, 2), Buffer.from("ab"), frameHeader(FRAME.stderr, 0), messageFrame({ ready: true })]);
    const whole = cut(bytes);
    expect(whole).to.deep.equal([
      [FRAME.stdout, "ab"],
      [FRAME.stderr, ""],
      [FRAME.message, '{"ready":true}'],
    ]);
    expect(cut(...Array.from(bytes, (byte) => Buffer.from([byte])))).to.deep.equal(whole);
  });

  it("that announce more than a frame may hold are refused before anything of it is kept", () => {
    expect(() => cut(frameHeader(FRAME.stdout, MOST_BODY_BYTES + 1))).to.throw("a frame of 1048577 bytes");
    expect(() => cut(frameHeader(FRAME.stdout, 2 ** 32 - 1))).to.throw("a frame of 4294967295 bytes");
  });

  for (const forged of ["", "{", "null", "[]", '"ok"', "{}", '{"done":"BREACH","usable":true}', '{"done":"ok"}', '{"done":["ok"],"usable":true}']) {
    it(`with the message ${forged || "(nothing)"} say nothing`, () => {
      expect(readMessage(forged)).to.equal(undefined);
    });
  }

  it("say how code ended, and nothing besides", () => {
    expect(readMessage('{"done":"ok","usable":false,"stdout":"forged"}')).to.deep.equal({ done: "ok", usable: false });
    expect(readMessage('{"ready":true,"done":"x"}')).to.deep.equal({ ready: true });
  });
});

import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { AutoTrajError, messageOf } from "../src/kernel/errors.ts";
import { hideSecretsIn, keepSecret, redact, withoutSecretsIn } from "../src/kernel/redaction.ts";

describe("redact", () => {
  const secret = 'p"a ss/wörd\\\\x\ny+z😀';

  it("hides a secret as it is, inside JSON, inside JSON inside JSON, inside a URL and a form", () => {
    const json = JSON.stringify(secret);
    const url = encodeURIComponent(secret);
    const forms = [secret, json.slice(1, -1), JSON.stringify(json).slice(3, -3), url, url.replaceAll(/%\w\w/g, (byte) => byte.toLowerCase())];
    for (const form of [...forms, encodeURI(secret), new URLSearchParams({ k: secret }).toString().slice(2)])
      expect(redact(`<${form}>`, [secret]), form).to.equal("<<redacted>>");
  });

  it("hides it as Python prints it", () => {
    const program = "import json, sys, urllib.parse; s = sys.argv[1]; print(json.dumps(s), repr(s), urllib.parse.quote_plus(s))";
    const printed = execFileSync("python3", ["-c", program, secret], { encoding: "utf8" });
    expect(redact(printed, [secret])).to.equal("\"<redacted>\" '<redacted>' <redacted>\n");
  });

  it("hides it in base64, wherever it falls into groups of three bytes", () => {
    for (const before of ["", "u:", "us:", "use:"])
      for (const after of ["", "!", "!!", "!!!"]) {
        const text = Buffer.from(before + secret + after).toString("base64");
        expect(redact(text, [secret]), text)
          .to.match(/^[\w=]{0,8}<redacted>[\w=]{0,8}$/)
          .and.to.satisfy((rest: string) => before !== "" || after !== "" || rest === "<redacted>");
        expect(redact(Buffer.from(before + secret + after).toString("base64url"), [secret])).to.contain("<redacted>");
      }
  });

  it("hides the longer of two secrets that begin alike, and leaves very short ones alone", () => {
    expect(redact("key-1234-long key-1234 abcdefg", ["key-1234", "key-1234-long", "abcdefg"])).to.equal("<redacted> <redacted> abcdefg");
  });

  it("takes patterns in a secret literally and survives half a character", () => {
    expect(redact("x $&$1.*(?)", ["$&$1.*(?)"])).to.equal("x <redacted>");
    expect(redact("x \ud800abcdefg y", ["\ud800abcdefg"])).to.equal("x <redacted> y");
  });
});

describe("a secret of this process", () => {
  keepSecret("Bearer kept-secret-1");
  keepSecret(`Basic ${Buffer.from("me:kept-secret-2").toString("base64")}`);
  keepSecret("https://me:kept-secret-3@host/");

  it("is hidden without the scheme, the user or the address it came with", () => {
    expect(messageOf(new Error("kept-secret-1 kept-secret-2 kept-secret-3"))).to.equal("<redacted> <redacted> <redacted>");
  });

  it("is in no error of ours, in no part of it", () => {
    const error = new AutoTrajError("ATRAJ_USAGE", { who: "x", what: "kept-secret-1", details: ["kept-secret-1"], hint: "kept-secret-1" });
    expect(JSON.stringify([error.message, error.parts, error.stack])).not.to.contain("kept-secret-1");
  });

  it("is taken out of other errors in place, and of what caused them", () => {
    const cause = Object.assign(new Error("kept-secret-1"), { code: "X", hint: "not kept-secret-1" });
    const error = new TypeError("kept-secret-1", { cause });
    hideSecretsIn(error);
    expect(JSON.stringify([error.message, error.stack, cause.message, cause.hint])).not.to.contain("kept-secret-1");
    expect(cause).to.include({ code: "X", hint: "not <redacted>" });
  });

  it("is taken out of data, names of fields included; data without it stay the same object", () => {
    const clean = { a: [1, "x", { b: null }] };
    expect(withoutSecretsIn(clean)).to.equal(clean);
    const { clean: same, ...rest } = withoutSecretsIn({ clean, "kept-secret-1": ["is kept-secret-1"], at: new Date(0) });
    expect(same).to.equal(clean);
    expect(rest).to.deep.equal({ "<redacted>": ["is <redacted>"], at: new Date(0) });
  });
});

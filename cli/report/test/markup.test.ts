import { keepSecret } from "@autotraj/core";
import { expect } from "chai";
import { html, shown, shownLine } from "../src/written/markup.ts";

describe("text in a page", () => {
  it("is escaped wherever it stands, and markup is not escaped twice", () => {
    const inner = html`<b title="${`"'><script>`}">${"a & b"}</b>`;
    expect(String(html`<p>${inner}${["<", 1, undefined]}</p>`)).to.equal('<p><b title="&quot;&#39;&gt;&lt;script&gt;">a &amp; b</b>&lt;1</p>');
  });

  it("spells out what cannot be seen, and keeps what emoji and scripts are written with", () => {
    expect(shown("a\u202eb\ud800c\u0000d\ufffee\u{e0041}")).to.equal("a\\u202eb\\ud800c\\u0000d\\ufffee\\u{e0041}");
    expect(shown("👩‍👩‍👧 שלום \u200cक्\u200d")).to.equal("👩‍👩‍👧 שלום \u200cक्\u200d");
  });

  it("is cut to what fits on a line", () => {
    expect(shownLine(`  a\n\tb ${"c".repeat(100)}`, 10)).to.equal("a b ccccc…");
    expect(shownLine("short", 10)).to.equal("short");
  });

  it("holds no secret", () => {
    keepSecret("sk-report-7731-secret");
    expect(String(html`<p>${"key sk-report-7731-secret"}</p>`)).not.to.contain("7731");
  });
});

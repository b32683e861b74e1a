import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { API_VERSION, OLDEST_API_VERSION } from "../../core/src/kernel/plugin-kinds.ts";
import { DEPRECATIONS } from "../../core/src/loop/deprecations.ts";
import { root } from "./workspaces.ts";

describe("docs/guide/compatibility.md", () => {
  const page = readFileSync(join(root, "docs/guide/compatibility.md"), "utf8");

  it("has a row for every code of a deprecation, with what the code means, and for no other", () => {
    const rows = [...page.matchAll(/^\| `(ATRAJ_DEPRECATED_\w+)` \| (.+) \|$/gm)].map(([, code, meaning]) => [code, meaning]);
    expect(rows).to.deep.equal(Object.entries(DEPRECATIONS));
  });

  it("says which versions of the contract this core takes", () => {
    expect(page).to.contain(`| this core has | ${API_VERSION} |\n| this core still takes | ${OLDEST_API_VERSION},`);
    expect(API_VERSION - OLDEST_API_VERSION).to.equal(1);
  });
});

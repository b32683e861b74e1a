import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { ERROR_CODES } from "../../core/src/kernel/errors.ts";
import { root } from "./workspaces.ts";

describe("docs/errors.md", () => {
  it("has a section for every error code, and for no other", () => {
    const page = readFileSync(join(root, "docs/errors.md"), "utf8");
    const sections = [...page.matchAll(/^## (ATRAJ_\w+)$/gm)].map(([, code]) => code);
    expect(sections).to.deep.equal(Object.keys(ERROR_CODES));
  });
});

import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { pythonEnvironments } from "../src/host/python-environments.ts";

describe("Python environments", function () {
  this.timeout(120_000);
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), "autotraj-python-"));
  });
  afterEach(() => rmSync(cache, { recursive: true, force: true }));

  it("are whole and one, however many make the same at once in one process", async () => {
    const makers = Array.from({ length: 4 }, () => pythonEnvironments(cache));
    const made = await Promise.all(makers.map((maker) => maker.ensure("empty", [])));
    expect(new Set(made.map(({ python }) => python)).size).to.equal(1);
    const { stdout } = await promisify(execFile)(made[0]!.python, ["-c", "print(6 * 7)"]);
    expect(stdout).to.equal("42\n");
    expect(readdirSync(join(cache, "python"))).to.have.length(1);
  });
});

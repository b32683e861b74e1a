import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { PythonEnvironments } from "@autotraj/core/plugin";
import { expect } from "chai";
import { interpreterOf } from "../src/interpreter.ts";
import { trlEnvironment } from "../src/trl-environment.ts";

describe("a backend's interpreter", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-interpreter-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => expect.fail("it was not refused"),
      (error: Error & { code: string; hint: string }) => error,
    );
  /** Keeps what it was asked for. */
  function environments(asked: unknown[]): PythonEnvironments {
    return {
      ensure: async (name, requirements) => {
        asked.push(name, requirements);
        return { python: "/made/python", sitePackages: "/made", basePython: "/usr/bin/python3", version: "3.12" };
      },
    };
  }

  it("is the one that the option names, or the one of the environment whose folder it names", async () => {
    mkdirSync(join(folder, "bin"));
    const python = join(folder, "bin", "python");
    writeFileSync(python, "");
    expect(await interpreterOf({ python }, { name: "verl" })).to.equal(python);
    expect(await interpreterOf({ python: folder }, { name: "verl" })).to.equal(python);
  });

  it("is refused where it is not there, or nothing says where it is", async () => {
    const nowhere = join(folder, "nowhere");
    expect(await refusal(interpreterOf({ python: nowhere }, { name: "verl" }))).to.include({
      code: "TRAIN_PYTHON",
      message: `there is no interpreter at ${nowhere}.`,
    });
    expect((await refusal(interpreterOf({}, { name: "verl" }))).hint).to.equal(
      "Name its environment's folder or interpreter in the plugin's option python.",
    );
    expect((await refusal(interpreterOf({ install: false }, { name: "it" }))).hint).to.match(/, or set install: true \(gigabytes\)\.$/);
  });

  it("is that of an environment made from the backend's requirements, where the option says so", async () => {
    const file = join(folder, "requirements.txt");
    writeFileSync(file, "# torch first\ntorch==2.13.0\n\nother==1.0\n");
    const asked: unknown[] = [];
    const backend = { name: "it", requirements: pathToFileURL(file), environments: () => environments(asked) };
    expect(await interpreterOf({ install: true }, backend)).to.equal("/made/python");
    expect(asked).to.deep.equal(["it", ["torch==2.13.0", "other==1.0"]]);
  });

  it("is for TRL one and the same for whoever trains and whoever scores", async () => {
    const asked: unknown[] = [];
    await trlEnvironment(environments(asked));
    expect(asked[0]).to.equal("trl");
    expect(asked[1]).to.include.members(["torch==2.13.0", "trl==1.16.0", "transformers==5.23.0"]);
  });
});

import type { ExecutionResult } from "@autotraj/core/plugin";
import { expect } from "chai";
import { barePyodide } from "./bare-pyodide.ts";
import { APART } from "./executions/apart.ts";
import { DRIVER } from "./executions/driver.ts";
import { JAVASCRIPT } from "./executions/javascript.ts";
import { LIMITS } from "./executions/limits.ts";
import { MACHINE } from "./executions/machine.ts";
import { OUTPUT } from "./executions/output.ts";
import type { Expected, Row } from "./executions/row.ts";
import { type HostileHost, openHost } from "./host.ts";
import { BREACH, fill } from "./snippets.ts";

const GROUPS: Readonly<Record<string, readonly Row[]>> = {
  "gives no JavaScript:": JAVASCRIPT,
  "keeps its word whatever code does to the driver:": DRIVER,
  "keeps executions apart:": APART,
  "ends what does not end:": LIMITS,
  "hands on what was printed:": OUTPUT,
  "shows nothing of the machine:": MACHINE,
};
const DEFAULTS = { timeoutMs: 10_000, memoryMiB: 256 };
const SHARED = "rows";

describe("A Pyodide sandbox", function () {
  this.timeout(60_000);
  const sandbox = barePyodide();
  let host: HostileHost;
  before(async () => {
    host = await openHost();
  });
  after(() => host?.close());

  const execute = (code: string, session: string, limits = DEFAULTS) =>
    sandbox().execute({ code: fill(code, host), ...limits, session }, { signal: new AbortController().signal });

  for (const [group, rows] of Object.entries(GROUPS)) {
    describe(group, () => {
      for (const [number, { promise, code, alone, timeoutMs, memoryMiB, next, ...expected }] of rows.entries()) {
        it(promise, async () => {
          const own = alone === true ? `${group} ${number}` : SHARED;
          const limits = { timeoutMs: timeoutMs ?? DEFAULTS.timeoutMs, memoryMiB: memoryMiB ?? DEFAULTS.memoryMiB };
          try {
            check(await execute(code, own, limits), expected);
            if (next?.same !== undefined) check(await execute(next.same.code, own), next.same);
          } finally {
            if (alone === true) sandbox().endSession!(own);
          }
          if (next?.other !== undefined) check(await execute(next.other.code, SHARED), next.other);
          expect(host.connections(), "connections that reached the host").to.equal(0);
          expect(host.secretIntact(), "the secret file is as it was").to.equal(true);
        });
      }
    });
  }

  it("keeps at least a hundred promises", () => {
    expect(Object.values(GROUPS).flat()).to.have.length.of.at.least(100);
    const promises = Object.values(GROUPS).flatMap((rows) => rows.map(({ promise }) => promise));
    expect(new Set(promises).size).to.equal(promises.length);
  });

  function check(result: ExecutionResult, { status = "ok", stdout = "", stderr = /^$/, truncatedBytes }: Expected): void {
    const shown = `${result.status} after ${Math.round(result.durationMs)} ms; stdout: ${result.stdout.slice(0, 500)}; stderr: ${result.stderr.slice(-500)}`;
    expect(result.status, shown).to.equal(status);
    if (typeof stdout === "string") expect(result.stdout, shown).to.equal(stdout);
    else expect(stdout.test(result.stdout), shown).to.equal(true);
    expect(stderr.test(result.stderr), shown).to.equal(true);
    if (truncatedBytes !== undefined) expect(result.truncatedBytes).to.equal(truncatedBytes);
    expect(BREACH.test(result.stdout), shown).to.equal(false);
    expect(result.stdout + result.stderr, "the canary is out").not.to.include(host.canary);
  }
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { expect } from "chai";
import { IndexReader } from "../src/index-store/reader.ts";

/** Each is of another run than the one before, so the one before is thrown away. */
const BIRTHS = 150;
const MAKER = `
  import { workerData } from "node:worker_threads";
  const { openIndex } = await import(workerData.schema);
  const place = { file: workerData.file, lockFile: workerData.file + ".lock" };
  for (let run = 0; run < workerData.births; run++) openIndex(place, "run " + run).close();
`;

describe("an index that is being made", function () {
  this.timeout(60_000);

  it("is for readers not there, or whole", async () => {
    const folder = mkdtempSync(join(tmpdir(), "autotraj-index-birth-"));
    const file = join(folder, "run.db");
    const schema = new URL("../src/index-store/schema.ts", import.meta.url).href;
    const maker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(MAKER)}`), { workerData: { file, schema, births: BIRTHS } });
    let ended = false;
    const end = new Promise<number>((resolve, reject) => maker.once("exit", resolve).once("error", reject)).finally(() => {
      ended = true;
    });
    let looks = 0;
    while (!ended) {
      const reader = new IndexReader(file);
      expect(reader.progress()).to.deep.equal({ indexed: 0, total: 0, complete: false });
      reader.close();
      looks += 1;
      await turn();
    }
    expect(await end).to.equal(0);
    expect(looks).to.be.above(BIRTHS);
    rmSync(folder, { recursive: true });
  });
});

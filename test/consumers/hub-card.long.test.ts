/** The card that is sent to a hub is read by the hub's own loader, which finds each data set by it. */
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hubCard } from "@autotraj/hub";
import { requirementsIn } from "@autotraj/trainer-backend/interpreter";
import { expect } from "chai";
import chat from "../../plugins/formats/chat/src/index.ts";
import trl from "../../plugins/trainers/trl/src/index.ts";
import { type Consumer, check, exportTo, formatOf } from "./exporting.ts";
import { native, nativePairs } from "./samples.ts";

/** Its `datasets` is what counts here. */
const LOADER: Consumer = {
  name: "trl",
  requirements: requirementsIn(new URL("../../plugins/libraries/trainer-backend/environments/trl.txt", import.meta.url)),
};
type Loaded = Readonly<Record<string, { readonly rows: number; readonly columns: readonly string[] }>>;

describe("the card of a data set on a hub", function () {
  this.timeout(600_000);

  for (const [format, plugin] of Object.entries({ chat, trl }))
    it(`lets load_dataset find what was written as ${format}`, async () => {
      const folder = await exportTo(await formatOf(plugin as never), { sft: native, preferences: nativePairs });
      const rows = { sft: native.length, preferences: nativePairs.length, prompts: 0 };
      const sets = Object.entries(rows).map(([name, count]) => ({ name, file: `${name}.jsonl`, rows: count, leftOut: {} }));
      writeFileSync(join(folder, "prompts.jsonl"), "");
      writeFileSync(join(folder, "README.md"), hubCard({ repository: "lab/sums", license: "mit", format, sets, preset: "quickstart", about: [] }));
      expect(readdirSync(folder)).to.include.members(["README.md", "sft.jsonl", "preferences.jsonl"]);
      const loaded = await check<Loaded>(LOADER, "check_hub_card.py", folder);
      expect(Object.keys(loaded)).to.deep.equal(["sft", "preferences"]);
      expect([loaded["sft"]?.rows, loaded["preferences"]?.rows]).to.deep.equal([rows.sft, rows.preferences]);
      expect(loaded["preferences"]?.columns.some((column) => column.startsWith("rejected"))).to.equal(true);
      rmSync(folder, { recursive: true });
    });
});

/** `npm run properties`: the property tests of the formats with 10,000 generated conversations for each kind of log and each way back. */
import { join } from "node:path";
import { main, root, run } from "./process.mjs";
import { setUp } from "./setup.mjs";

const RUNS = 10_000;

await main(async () => {
  const node = await setUp();
  const mocha = [join(root, "node_modules/mocha/bin/mocha.js"), "--no-config", "--timeout", "0", "test/properties/*.test.ts"];
  return run(node, ["--disable-warning=ExperimentalWarning", ...mocha], { env: { PROPERTY_RUNS: String(RUNS), ...process.env } });
});

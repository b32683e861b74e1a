/** `npm run study [-- --out DIR] [--limit N] [--rl]`: sets up, trains the study's specialists, then its arms; stopped anywhere, it goes on. It takes hours: presets/cpu-study/README.md. */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { main, run } from "./process.mjs";
import { setUp } from "./setup.mjs";

const { values } = parseArgs({
  options: { out: { type: "string", default: "runs/cpu-study" }, limit: { type: "string" }, rl: { type: "boolean", default: false } },
});
const out = resolve(values.out);
const trained = (stage) => join(out, "specialists", "models", stage, "model");
const parts = [
  ["run", "presets/cpu-study/specialists.yaml", "--out", join(out, "specialists")],
  ["study", "presets/cpu-study/study.yaml", "--out", join(out, "repairs")],
  ...(values.rl ? [["study", "presets/cpu-study/rl.yaml", "--out", join(out, "rl")]] : []),
];

await main(async () => {
  const node = await setUp();
  const env = { ...process.env, CPU_STUDY_SPECIALISTS: trained("sft"), CPU_STUDY_SPECIALISTS_SEEING: trained("seeing") };
  for (const part of parts) {
    const limit = values.limit === undefined ? [] : ["--limit", values.limit];
    const code = await run(node, ["--disable-warning=ExperimentalWarning", "cli/dist/main.js", ...part, ...limit], { env });
    if (code !== 0) return code;
  }
});

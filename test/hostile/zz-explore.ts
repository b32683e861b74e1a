import { readFileSync } from "node:fs";
import { pythonEnvironments } from "@autotraj/core";
import { PYTHON, SANDBOX } from "@autotraj/core/plugin";
import { defaultCacheDir, setupPlugin } from "@autotraj/testkit";
import plugin from "../../plugins/sandboxes/pyodide/src/index.ts";

const options = { workers: 1, sympy: false, netns: "never" };
const plugged = await setupPlugin(plugin, { options, services: [[PYTHON, pythonEnvironments(defaultCacheDir())]] });
const sandbox = plugged.provided(SANDBOX);
const parts = readFileSync(process.argv[2]!, "utf8")
  .split(/^### ?/m)
  .slice(1);
let n = 0;
for (const part of parts) {
  const [head, ...rest] = part.split("\n");
  const fresh = head!.startsWith("fresh") || head!.startsWith("=");
  const session = fresh ? `f${head!.startsWith("=") ? n : ++n}` : "s";
  const t = performance.now();
  try {
    const r = await sandbox.execute({ code: rest.join("\n"), timeoutMs: 5000, memoryMiB: 256, session }, { signal: new AbortController().signal });
    console.log(
      `### ${head} → ${r.status} ${Math.round(r.durationMs)}ms lost=${r.sessionLost ?? false} trunc=${r.truncatedBytes}\n${r.stdout.slice(0, 1500)}${r.stderr ? `\n[stderr] ${r.stderr.slice(-600)}` : ""}`,
    );
  } catch (e) {
    console.log(`### ${head} THREW ${Math.round(performance.now() - t)}`, e);
    sandbox.endSession!(session);
  }
  if (fresh && !head!.startsWith("fresh+")) sandbox.endSession!(session);
}
await plugged.dispose();

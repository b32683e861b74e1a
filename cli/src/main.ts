/** Where the program begins: an old Node is told what is needed before it meets an import that it does not have. */
import { isNewEnough, OLDEST_NODE } from "./node-version.ts";

if (isNewEnough(process.versions.node)) void import("./program.ts");
else {
  process.stderr.write(`[ATRAJ_USAGE] autotraj: it needs Node ${OLDEST_NODE.join(".")} or newer, and this is Node ${process.versions.node}.\n`);
  process.stderr.write("  Install a newer Node and try again. In AutoTraj's own repository, npx uses the one that `npm run setup` installed.\n");
  process.exitCode = 2;
}

#!/usr/bin/env node
// Committed, so that npm links the command before anything is compiled. Runs on any Node, to say which one is needed.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major > 22 || (major === 22 && minor >= 18)) await import("../dist/main.js");
else {
  process.stderr.write(
    `[ATRAJ_USAGE] autotraj: it needs Node 22.18 or newer; this is ${process.versions.node}.\n  Install a newer one; in this repository, npx uses the one that npm run setup installed.\n`,
  );
  process.exitCode = 2;
}

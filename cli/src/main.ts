#!/usr/bin/env node
import { cli } from "./cli.ts";

// Whoever reads our output may stop reading (`| head`): what is being done goes on and ends as it would.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

process.exitCode = await cli(process.argv.slice(2));

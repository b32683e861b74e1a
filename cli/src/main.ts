#!/usr/bin/env node
import { cli, report } from "./cli.ts";

// Whoever reads our output may stop reading (`| head`): what is being done goes on and ends as it would.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

// What a plugin leaves uncaught would be printed by Node as it stands, whatever it holds.
process.on("uncaughtException", (error) => process.exit(report(error)));

process.exitCode = await cli(process.argv.slice(2));

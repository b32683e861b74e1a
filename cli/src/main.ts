#!/usr/bin/env node
import { cli, report } from "./cli.ts";

/** Who reads our output may stop reading (`| head`), or its terminal may be closed: what is being done goes on and ends as it would. */
const GONE = ["EPIPE", "EIO"];
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (!GONE.includes(error.code ?? "")) throw error;
  });
}

// What a plugin leaves uncaught would be printed by Node as it stands, whatever it holds.
process.on("uncaughtException", (error) => process.exit(report(error)));

const code = await cli(process.argv.slice(2));
await written(process.stdout);
await written(process.stderr);
// A timer or a connection that something has left behind does not keep a command alive that is done.
process.exit(code);

function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => stream.write("", () => done()));
}

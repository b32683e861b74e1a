import { Console } from "node:console";
import { cli, report } from "./cli.ts";
import { exitOf } from "./plugins-at-large/exits.ts";
import { strayError } from "./plugins-at-large/stray-errors.ts";
import { startWatchdog } from "./plugins-at-large/watchdog.ts";

/** A second Ctrl-C, which has said what there is to say. */
const INTERRUPTED = 130;
/** Who reads our output may stop reading (`| head`), or its terminal may be closed: what is being done goes on and ends as it would. */
const GONE = ["EPIPE", "EIO"];
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (!GONE.includes(error.code ?? "")) throw error;
  });
}

// What plugins and what they import write there is no answer of the command: who reads its standard output reads that alone.
// Help, version and completions are yargs's own, which it writes there too.
const BY_YARGS = ["--help", "-h", "--version", "completion", "--get-yargs-completions"];
if (!process.argv.slice(2).some((word) => BY_YARGS.includes(word))) globalThis.console = new Console(process.stderr);

// A plugin that ends the process would end the command without a word, and as if all were well.
let isDone = false;
process.once("exit", (code) => {
  if (isDone || code === INTERRUPTED) return;
  process.exitCode = code === 0 ? 1 : code;
  report(exitOf(new Error("exit"), code));
});

// What a plugin leaves uncaught would be printed by Node as it stands, whatever it holds. A run has a listener of its own, and ends in order.
process.on("uncaughtException", (error) => {
  if (process.listenerCount("uncaughtException") !== 1) return;
  const code = report(strayError(error, []) ?? error);
  isDone = true;
  process.exit(code);
});
startWatchdog();

const code = await cli(process.argv.slice(2));
await written(process.stdout);
await written(process.stderr);
// A timer or a connection that something has left behind does not keep a command alive that is done.
isDone = true;
process.exit(code);

function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => stream.write("", () => done()));
}

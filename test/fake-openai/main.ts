/**
 * The fake in a process of its own: node main.ts ['{"latencyMs": 200, "logFile": "…"}'] [script.ts]
 * The script's default export is a FakeOptions object with the functions JSON cannot hold. Prints `{"baseURL": …}`, ends with its standard input.
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type FakeOptions, startFakeOpenAI } from "./server.ts";

const [settings = "{}", script] = process.argv.slice(2);
const scripted = script === undefined ? {} : ((await import(pathToFileURL(resolve(script)).href)) as { default: FakeOptions }).default;
const server = await startFakeOpenAI({ keepCalls: false, ...scripted, ...(JSON.parse(settings) as FakeOptions) });
process.stdout.write(`${JSON.stringify({ baseURL: server.baseURL })}\n`);
process.stdin.resume().on("end", () => process.exit(0));

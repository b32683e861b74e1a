/**
 * Tries, from JavaScript under the very flags and the lockdown of an interpreter, what Python must not be able to do even if it got hold of
 * JavaScript. Prints the names of the attempts that succeeded as JSON. Modules are imported first: the worst case.
 */
import childProcess from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import { Worker } from "node:worker_threads";
import { denyNetwork, denyProcess } from "./lockdown.ts";

export interface ProbeConfig {
  /** A file that any other process of this user could read and write. */
  readonly secretFile: string;
  /** A server on the loopback interface. */
  readonly port: number;
}

const { secretFile, port } = JSON.parse(process.argv[2] ?? "{}") as ProbeConfig;
const { stdout, env, ppid } = process;
const realProcess = process;
denyNetwork();
denyProcess();

/** A way out succeeded if it did not throw, now or within a moment. */
const attempts: Readonly<Record<string, () => unknown>> = {
  "read a file": () => fs.readFileSync(secretFile),
  "write a file": () => fs.writeFileSync(secretFile, ""),
  "start a process": () => childProcess.execFileSync(realProcess.execPath, ["--version"]),
  "start a worker": () => new Worker("0", { eval: true }),
  "see environment variables": () => {
    // bubblewrap says where it starts the process.
    if (Object.keys(env).every((name) => name === "PWD")) throw new Error("none");
  },
  "compile a string": () => new Function("return process")(),
  "connect to a server": () => net.connect(port, "127.0.0.1"),
  "make an HTTP request": () => http.get({ host: "127.0.0.1", port }),
  "fetch a URL": () => fetch(`http://127.0.0.1:${port}/`),
  "open a server": () => net.createServer().listen(0),
  "signal the parent": () => realProcess.kill(ppid, 0),
  "get a module of Node": () => realProcess.getBuiltinModule("node:fs"),
  "get a binding of Node": () => (realProcess as unknown as { binding(name: string): unknown }).binding("fs"),
};

const succeeded = Object.entries(attempts).flatMap(([name, attempt]) => {
  try {
    attempt();
    return [name];
  } catch {
    return [];
  }
});
stdout.write(JSON.stringify(succeeded), () => realProcess.exit(0));

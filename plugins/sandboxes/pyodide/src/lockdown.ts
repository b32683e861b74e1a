/**
 * Takes away from an interpreter process what Node's own flags leave open. `--permission` has no switch for the network before Node 25 and does not
 * cover signals; `useNodeSockFS` and `loadPackage` of Pyodide would reach the network from Python (both measured).
 * What is replaced cannot be put back: the properties are neither writable nor configurable.
 */
import childProcess from "node:child_process";
import dgram from "node:dgram";
import dns from "node:dns";
import net from "node:net";
import { hardenIntrinsics } from "./hardening.ts";

const NETWORK_GLOBALS = ["fetch", "WebSocket", "EventSource", "XMLHttpRequest", "Request", "Response", "Headers", "FormData"];
const PROCESS_DOORS = [
  ...["getBuiltinModule", "binding", "_linkedBinding", "dlopen", "mainModule"],
  ...["kill", "_kill", "_debugProcess", "_debugEnd", "execve", "abort"],
  ...["chdir", "umask", "setuid", "setgid", "seteuid", "setegid", "setgroups", "initgroups"],
];
/** As the other sandboxes have it. */
const SANDBOX_UID = 1000;

/** Before Pyodide is loaded: it must never get hold of a way to the network. */
export function denyNetwork(): void {
  for (const name of NETWORK_GLOBALS) Reflect.deleteProperty(globalThis, name);
  // http, https, tls, http2 and undici all connect through this one.
  seal(net.Socket.prototype, ["connect"]);
  seal(net.Server.prototype, ["listen"]);
  seal(net, ["_createServerHandle"]);
  seal(dgram.Socket.prototype, ["bind", "connect", "send", "addMembership"]);
  for (const target of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype]) {
    seal(
      target,
      Object.getOwnPropertyNames(target).filter((name) => /^(?:lookup|resolve|reverse)/.test(name)),
    );
  }
}

/** After Pyodide is loaded, before any code runs: Node's internals keep their own reference to the real `process`. */
export function denyProcess(): void {
  const { versions, platform } = process;
  // os.system: the permission model's error would end the interpreter, where Python expects "command not found".
  Object.defineProperty(childProcess, "spawnSync", { value: () => ({ status: 127, signal: null }) });
  seal(process, PROCESS_DOORS);
  // What Emscripten looks at: for os.getuid, for /dev/tty, and when Python exits.
  const remnant = { versions: { node: versions.node }, platform, getuid: () => SANDBOX_UID, stdin: { fd: 0 }, exitCode: undefined };
  Object.defineProperty(globalThis, "process", { value: remnant, writable: false, configurable: false });
  Reflect.deleteProperty(globalThis, "require");
  hardenIntrinsics();
}

function seal(target: object, names: readonly string[]): void {
  for (const name of names) {
    const value = () => {
      throw new Error(`${name} is not available in the sandbox`);
    };
    Object.defineProperty(target, name, { value, writable: false, configurable: false });
  }
}

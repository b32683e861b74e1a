/** One program with code on its standard input, within its time. */
import { spawn } from "node:child_process";

/** What the container may take to start and to go, beyond the code's own time. */
const GRACE_MS = 10_000;
/** How a shell says that SIGKILL ended a program. */
const KILLED = 137;
/** How docker and podman say, under their own name, that they could not do their work: no code has run then. */
const BROKEN = 125;

/** @throws where the program cannot be started, is not over long after its time, or is no longer wanted */
export function runProgram(command, { code, timeoutMs, memoryMiB }, longest, signal) {
  const fill = (word) => word.replace("{seconds}", String(timeoutMs / 1000)).replace("{memoryMiB}", String(memoryMiB));
  const [program = "", ...args] = command.map(fill);
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "pipe", detached: true });
    const stopped = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs + GRACE_MS)]);
    endWith(child, stopped);
    const stdout = keepFirst(child.stdout, longest);
    const stderr = keepFirst(child.stderr, longest);
    let failure;
    child.on("error", (error) => {
      failure = error;
    });
    // Only then is nothing of it left.
    child.on("close", (exit, killedBy) => {
      if (stopped.aborted) return reject(stopped.reason);
      if (failure !== undefined) return reject(failure);
      if (exit === BROKEN && stderr.text().startsWith(`${program}:`))
        return reject(new Error(stderr.text().slice(0, 300)));
      const durationMs = performance.now() - started;
      const truncatedBytes = stdout.left() + stderr.left();
      const isOver = durationMs >= timeoutMs;
      const wasKilled = killedBy !== null || exit === KILLED;
      const status = exit === 0 ? "ok" : !wasKilled ? "error" : isOver ? "timeout" : "killed";
      resolve({ status, stdout: stdout.text(), stderr: stderr.text(), durationMs, truncatedBytes });
    });
    // Code that ends without reading all of its input is no failure.
    child.stdin.on("error", () => {});
    child.stdin.end(code);
  });
}

/** With its whole group: what the program has started ends too. A container ends by its own time limit. */
function endWith(child, stopped) {
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has just gone by itself.
    }
  };
  if (stopped.aborted) end();
  stopped.addEventListener("abort", end, { once: true });
  child.on("close", () => stopped.removeEventListener("abort", end));
}

function keepFirst(stream, longest) {
  let text = "";
  let left = 0;
  stream.setEncoding("utf8");
  stream.on("data", (chunk) => {
    const kept = chunk.slice(0, longest - text.length);
    text += kept;
    left += Buffer.byteLength(chunk) - Buffer.byteLength(kept);
  });
  return { text: () => text, left: () => left };
}

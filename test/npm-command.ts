/** How npm says that it started a process: `exec` for npx. Tests may be started by it too. */

/** @returns what puts it back */
export function setNpmCommand(command: string | undefined): () => void {
  const before = process.env["npm_command"];
  set(command);
  return () => set(before);
}

function set(command: string | undefined): void {
  if (command === undefined) delete process.env["npm_command"];
  else process.env["npm_command"] = command;
}

/** Does the work as if npm had been asked for this; undefined where it had no part in it. */
export function startedBy<T>(command: string | undefined, work: () => T): T {
  const restore = setNpmCommand(command);
  try {
    return work();
  } finally {
    restore();
  }
}

/** Which sandbox the code runs in. Decided once, by self-tests; a weaker one is never taken without saying why. */
import { PluginError, type Sandbox } from "@autotraj/core/plugin";

export interface ChosenSandbox {
  readonly id: string;
  readonly sandbox: Sandbox;
  /** Why stronger ones were passed over. */
  readonly refused: readonly string[];
}

/** @throws PluginError ISOLATION_UNAVAILABLE with every sandbox tried, why it was refused, and what to do. */
export async function chooseSandbox(isolation: string, sandboxes: ReadonlyMap<string, Sandbox>, needsSessions: boolean): Promise<ChosenSandbox> {
  const candidates = [...sandboxes].filter(([id, sandbox]) =>
    isolation === "auto" ? sandbox.strength >= 1 : sandbox.isolation === isolation || id === isolation,
  );
  candidates.sort(([, a], [, b]) => b.strength - a.strength);
  const refused: string[] = [];
  for (const [id, sandbox] of candidates) {
    if (needsSessions && !sandbox.sessions) {
      refused.push(`${id}: it keeps no sessions, and \`stateful\` is session`);
      continue;
    }
    const result = await sandbox.selfTest();
    if (result.ok) return { id, sandbox, refused };
    refused.push(`${id}: ${result.reason}`);
  }
  throw new PluginError("ISOLATION_UNAVAILABLE", `no sandbox for isolation "${isolation}".\n  ${describe(refused, sandboxes)}`, {
    hint: "Install bubblewrap (Debian: apt-get install bubblewrap), or add @autotraj/sandbox-pyodide to the preset. Without any isolation: @autotraj/sandbox-none and isolation: none.",
  });
}

function describe(refused: readonly string[], sandboxes: ReadonlyMap<string, Sandbox>): string {
  if (refused.length > 0) return refused.join("\n  ");
  const there = [...sandboxes].map(([id, { isolation }]) => `${id} (${isolation})`).join(", ");
  return there === "" ? "The preset has no sandbox plugin." : `The preset has: ${there}.`;
}

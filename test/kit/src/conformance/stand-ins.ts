/** What stands where other plugins of a preset would: it answers at once, always the same, and spends nothing. */
import { createHash } from "node:crypto";
import { POLICY, type Policy, type PythonEnvironments, SANDBOX, type Sandbox, TOOL, type Token, type Tool } from "@autotraj/core/plugin";

/** Says that the answer is 42, in both dialects. */
export const policy: Policy = {
  model: "stand-in",
  identity: "the test kit's policy 1",
  dialects: ["tags", "native"],
  deterministic: true,
  generate: async ({ dialect, sampling: { maxTokens } }) => ({
    text: dialect === "tags" ? "<think>I know it.</think>\n<answer>The final answer is \\boxed{42}</answer>" : "The final answer is \\boxed{42}.",
    finish: "stop",
    usage: { promptTokens: 10, cachedTokens: 0, completionTokens: Math.min(12, maxTokens) },
  }),
};

/** Runs nothing: what it prints follows from the code. */
export const sandbox: Sandbox = {
  isolation: "stand-in",
  strength: 0,
  packages: [],
  sessions: true,
  selfTest: async () => ({ ok: true }),
  execute: async ({ code }) => ({ status: "ok", stdout: `${digest(code)}\n`, stderr: "", durationMs: 0, truncatedBytes: 0 }),
};

const tool: Tool = {
  definition: {
    name: "echo",
    description: "repeats a text",
    parameters: { type: "object", properties: { text: { type: "string" } }, required: ["text"], additionalProperties: false },
    tag: { name: "echo", argument: "text" },
  },
  identity: "the test kit's tool 1",
  call: async ({ text }) => ({ content: String(text ?? "[no text]"), ok: text !== undefined, durationMs: 0 }),
};

/** For trainers, whose processes are never started: installing theirs takes gigabytes. */
export const python: PythonEnvironments = {
  ensure: async (name) => ({
    python: `/${name}/bin/python`,
    sitePackages: `/${name}/site-packages`,
    basePython: "/usr/bin/python3",
    version: "3.12.0",
  }),
};

const STAND_INS: ReadonlyMap<symbol, unknown> = new Map<symbol, unknown>([
  [POLICY.key, policy],
  [SANDBOX.key, sandbox],
  [TOOL.key, tool],
]);

/** Undefined where the kit has none of this kind. */
export function standIn(token: Token<unknown>): unknown {
  return STAND_INS.get(token.key);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

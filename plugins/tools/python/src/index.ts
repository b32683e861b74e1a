/** A Python tool for policies. It has no opinion on where code runs: a sandbox plugin does that, chosen at start by trying. */
import { createHash } from "node:crypto";
import {
  definePlugin,
  type ExecutionResult,
  type JsonObject,
  PluginError,
  SANDBOX,
  type Sandbox,
  TOOL,
  type Tool,
  type ToolContext,
  type ToolDefinition,
  type ToolResult,
} from "@autotraj/core/plugin";
import { type ChosenSandbox, chooseSandbox } from "./choose.ts";
import { observation } from "./observation.ts";
import { OPTIONS, type PythonToolOptions } from "./options.ts";

export type { PythonToolOptions } from "./options.ts";

const FENCE = "```";
/** Part of the tool's identity: another Python may give other answers. */
const VERSION_CODE = "import sys\nprint(sys.version)";
const VERSION_TIMEOUT_MS = 60_000;

export default definePlugin<PythonToolOptions>({
  meta: {
    name: "@autotraj/tool-python",
    apiVersion: 1,
    kind: "tool",
    description: "A Python tool whose code runs in a sandbox",
    options: OPTIONS,
    provides: [TOOL],
    requires: [SANDBOX],
    supports: { sessions: true, network: false },
  },
  setup(api, options) {
    const tool = new PythonTool(options);
    api.provide(TOOL, tool);
    api.onStart(async () => {
      const chosen = await chooseSandbox(options.isolation, api.useAll(SANDBOX), options.stateful === "session");
      for (const reason of chosen.refused) api.log.warn(`"${chosen.id}" is used because a stronger sandbox was refused. ${reason}`);
      await tool.begin(chosen);
      const { isolation, packages } = chosen.sandbox;
      for (const [name, value] of Object.entries({ sandbox: isolation, Python: tool.pythonVersion, packages: packages.join(", ") }))
        api.found(name, value);
    });
  },
});

class PythonTool implements Tool {
  readonly #options: PythonToolOptions;
  /** Sessions whose calls so far have run in this process. */
  readonly #live = new Set<string>();
  #chosen: ChosenSandbox | undefined;
  pythonVersion = "";

  constructor(options: PythonToolOptions) {
    this.#options = options;
  }

  async begin(chosen: ChosenSandbox): Promise<void> {
    const { memoryMiB } = this.#options;
    const signal = AbortSignal.timeout(VERSION_TIMEOUT_MS);
    const { status, stdout, stderr } = await chosen.sandbox.execute({ code: VERSION_CODE, timeoutMs: VERSION_TIMEOUT_MS, memoryMiB }, { signal });
    if (status !== "ok") {
      throw new PluginError("SANDBOX_UNUSABLE", `sandbox "${chosen.id}" could not print its Python's version (${status}): ${stderr.trim()}`, {
        hint: status === "memory-limit" ? `Raise memoryMiB (now ${memoryMiB}).` : "Choose another sandbox with `isolation`.",
      });
    }
    this.pythonVersion = stdout.trim();
    this.#chosen = chosen;
  }

  get definition(): ToolDefinition {
    return {
      name: this.#options.name,
      description: describe(this.#options, this.#chosen?.sandbox.packages ?? []),
      parameters: {
        type: "object",
        properties: { code: { type: "string", description: "Python code" } },
        required: ["code"],
        additionalProperties: false,
      },
      tag: { name: this.#options.tagName, argument: "code" },
    };
  }

  get identity(): string {
    const { stateful, timeoutMs, memoryMiB, maxOutputChars } = this.#options;
    const { isolation, packages } = this.#sandbox();
    return createHash("sha256")
      .update(JSON.stringify([isolation, this.pythonVersion, packages, stateful, timeoutMs, memoryMiB, maxOutputChars]))
      .digest("hex")
      .slice(0, 16);
  }

  async call(args: JsonObject, context: ToolContext): Promise<ToolResult> {
    if (!hasCode(args)) return { content: "[no code: pass Python code]", ok: false, durationMs: 0 };
    const { code } = args;
    const result = this.#options.stateful === "session" ? await this.#inSession(code, context) : await this.#execute(code, context.signal);
    return {
      content: observation(result, this.#options),
      ok: result.status === "ok",
      durationMs: result.durationMs,
      isolation: this.#sandbox().isolation,
    };
  }

  endSession(session: string): void {
    if (this.#live.delete(session)) this.#sandbox().endSession?.(this.#sessionName(session));
  }

  /** A session that the sandbox has given up between two calls (idle too long, its worker died) is built up again, once. */
  async #inSession(code: string, context: ToolContext): Promise<ExecutionResult> {
    try {
      return await this.#caughtUp(code, context);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "SESSION_ENDED")) throw error;
      this.#live.delete(context.session);
      return this.#caughtUp(code, context);
    }
  }

  /** Where this process has not run the trajectory's earlier calls (after a resume they were answered from the store), they run again first. */
  async #caughtUp(code: string, { session, earlier, signal }: ToolContext): Promise<ExecutionResult> {
    const name = this.#sessionName(session);
    const missed = this.#live.has(session) ? [] : earlier.flatMap((args) => (hasCode(args) ? [args.code] : []));
    for (const before of missed) await this.#execute(before, signal, name);
    this.#live.add(session);
    return this.#execute(code, signal, name);
  }

  /** Two Python tools of one preset may share a sandbox, but no variables. */
  #sessionName(session: string): string {
    return `${this.#options.name}/${session}`;
  }

  #execute(code: string, signal: AbortSignal, session?: string): Promise<ExecutionResult> {
    const { timeoutMs, memoryMiB } = this.#options;
    const request = { code: withoutFence(code), timeoutMs, memoryMiB };
    return this.#sandbox().execute(session === undefined ? request : { ...request, session }, { signal });
  }

  #sandbox(): Sandbox {
    if (this.#chosen !== undefined) return this.#chosen.sandbox;
    throw new PluginError("NOT_STARTED", "the Python tool was used before it was started.");
  }
}

/** Says what is true of this tool as it is set up: models rely on it. */
function describe({ stateful, timeoutMs }: PythonToolOptions, packages: readonly string[]): string {
  const names = packages.map((requirement) => requirement.split("==")[0] ?? requirement).filter((name) => name !== "mpmath");
  return [
    "runs Python code and returns what it prints;",
    stateful === "session" ? "variables stay from call to call;" : "each call starts fresh;",
    ...(names.length > 0 ? [`${names.join(" and ")} can be imported;`] : []),
    `at most ${timeoutMs / 1000} s.`,
  ].join(" ");
}

function hasCode(args: JsonObject): args is { code: string } {
  return typeof args["code"] === "string" && args["code"].trim() !== "";
}

/** Models like to wrap code in Markdown. */
function withoutFence(code: string): string {
  const text = code.trim();
  if (!text.startsWith(FENCE)) return code;
  const lineEnd = text.indexOf("\n");
  const body = text.slice(lineEnd === -1 ? FENCE.length : lineEnd + 1);
  return body.endsWith(FENCE) ? body.slice(0, -FENCE.length) : body;
}

/** A Python tool for policies. It has no opinion on where code runs: a sandbox plugin does that, chosen at start by trying. */
import { createHash } from "node:crypto";
import {
  definePlugin,
  type JsonObject,
  PluginError,
  SANDBOX,
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
      tool.begin(chosen);
    });
  },
});

class PythonTool implements Tool {
  readonly #options: PythonToolOptions;
  /** Calls that ran in each live session. */
  readonly #ran = new Map<string, number>();
  #chosen: ChosenSandbox | undefined;

  constructor(options: PythonToolOptions) {
    this.#options = options;
  }

  begin(chosen: ChosenSandbox): void {
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
      .update(JSON.stringify([isolation, packages, stateful, timeoutMs, memoryMiB, maxOutputChars]))
      .digest("hex")
      .slice(0, 16);
  }

  async call(args: JsonObject, context: ToolContext): Promise<ToolResult> {
    const { code } = args;
    if (typeof code !== "string" || code.trim() === "") return { content: "[no code: pass Python code]", ok: false, durationMs: 0 };
    if (this.#options.stateful === "session") await this.#catchUp(context);
    const result = await this.#execute(code, context);
    if (this.#options.stateful === "session") this.#ran.set(context.session, result.sessionLost === true ? 0 : context.earlier.length + 1);
    return {
      content: observation(result, this.#options),
      ok: result.status === "ok",
      durationMs: result.durationMs,
      isolation: this.#sandbox().isolation,
    };
  }

  endSession(session: string): void {
    if (this.#ran.delete(session)) this.#sandbox().endSession?.(session);
  }

  /** After a resume the sandbox has not seen the trajectory's earlier calls, which were answered from the store: they run again first. */
  async #catchUp(context: ToolContext): Promise<void> {
    if (this.#ran.has(context.session)) return;
    for (const { code } of context.earlier) {
      if (typeof code === "string" && code.trim() !== "") await this.#execute(code, context);
    }
  }

  #execute(code: string, { session, signal }: ToolContext) {
    const { timeoutMs, memoryMiB, stateful } = this.#options;
    return this.#sandbox().execute({ code: withoutFence(code), timeoutMs, memoryMiB, ...(stateful === "session" ? { session } : {}) }, { signal });
  }

  #sandbox() {
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

/** Models like to wrap code in Markdown. */
function withoutFence(code: string): string {
  const text = code.trim();
  if (!text.startsWith("```")) return code;
  const body = text.slice(text.indexOf("\n") + 1);
  return body.endsWith("```") ? body.slice(0, -"```".length) : body;
}

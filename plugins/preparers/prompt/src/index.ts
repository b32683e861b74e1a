/** The system prompt: what the policy is told about the task, the format and the tools. It becomes part of every trajectory and of what is trained on. */
import { type DialectName, definePlugin, PluginError, type RolloutRequest, TOOL, type Tool, type ToolDefinition } from "@autotraj/core/plugin";

export interface PromptOptions {
  /** Replaces the built-in text; `{tools}` and `{maxToolCalls}` are filled in. Empty: the built-in text of the dialect. */
  readonly system: string;
  /** A sentence or two added at the end of the built-in text: the domain, the wished form of answers. */
  readonly extra: string;
}

/** The paper's format in our own words (method: system prompt, tags, answer in \boxed{}). */
const BUILT_IN: Readonly<Record<DialectName, { withTools: string; withoutTools: string }>> = {
  tags: {
    withTools: `You answer questions step by step. First think, between <think> and </think>. When a calculation or a fact is needed, call a tool, at most {maxToolCalls} times in all:
{tools}
The tool's output comes back between <result> and </result>; think again after it and never write a <result> yourself. End with the final answer: <answer>The final answer is \\boxed{...}</answer>`,
    withoutTools:
      "You answer questions step by step. First think, between <think> and </think>. End with the final answer: <answer>The final answer is \\boxed{...}</answer>",
  },
  native: {
    withTools:
      "You answer questions step by step. When a calculation or a fact is needed, call a tool, at most {maxToolCalls} times in all, and think about each result before you go on. End with a message that gives the final answer in \\boxed{}.",
    withoutTools: "You answer questions step by step. End with the final answer in \\boxed{}.",
  },
};

export default definePlugin<PromptOptions>({
  meta: {
    name: "@autotraj/preparer-prompt",
    apiVersion: 1,
    kind: "preparer",
    description: "System prompt and tool descriptions for the dialect",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        system: {
          type: "string",
          default: "",
          description: "Replaces the built-in system prompt; {tools} and {maxToolCalls} are filled in. Empty: the built-in text of the dialect.",
        },
        extra: { type: "string", default: "", description: "Added at the end of the built-in text: the domain, the wished form of answers." },
      },
    },
    supports: { deterministic: true },
  },
  setup(api, options) {
    api.hooks.beforeRollout.tapPromise({}, async (request) => {
      const tools = request.tools.map((id) => api.use<Tool>(TOOL, id).definition);
      return { ...request, system: systemPrompt(request, tools, options) };
    });
  },
});

function systemPrompt(request: RolloutRequest, tools: readonly ToolDefinition[], { system, extra }: PromptOptions): string {
  // Before the text is chosen: an own text without {tools} must not hide a tool that cannot be called.
  const toolLines = tools.map((tool) => toolLine(tool, request.dialect)).join("\n");
  const builtIn = BUILT_IN[request.dialect][tools.length > 0 ? "withTools" : "withoutTools"];
  const text = system === "" ? [builtIn, extra].filter((part) => part !== "").join("\n") : system;
  return text.replaceAll("{maxToolCalls}", String(request.maxToolCalls)).replaceAll("{tools}", () => toolLines);
}

function toolLine(tool: ToolDefinition, dialect: DialectName): string {
  if (dialect === "native") return `- ${tool.name}: ${tool.description}`;
  if (tool.tag === undefined) {
    throw new PluginError("TOOL_WITHOUT_TAG", `the tool "${tool.name}" cannot be called in the tags dialect: it has no tag.`, {
      hint: "Set rollout.dialect to native, or give the tool a tag in its options.",
    });
  }
  return `- <${tool.tag.name}>...</${tool.tag.name}>: ${tool.description}`;
}

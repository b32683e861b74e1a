/**
 * The paper's text dialect: `<think>…</think><code>…</code><result>…</result>…<answer>\boxed{…}</answer>`, all in one assistant message.
 * A turn ends at a tool's closing tag or at `</answer>`; the text between `<result>` and `</result>` is the tool's and never the model's.
 */
import type { AssistantMessage, Dialect, Segment, ToolCall, ToolDefinition, ToolMessage } from "../../kernel/plugin.ts";
import { unwrapAnswer } from "./boxed.ts";

const THINK = "think";
const ANSWER = "answer";
const RESULT = "result";
/** Where the tool is not known: what the paper calls it. */
const KNOWN_TAGS = [{ name: "code", argument: "code" }] as const;
/** No tag is longer; keeps a `>` far away from making a long copy for every `<` before it. */
const LONGEST_TAG = 64;

export const tagsDialect: Dialect = {
  name: "tags",
  stops: (tools) => [...tools.flatMap((tool) => (tool.tag === undefined ? [] : [`</${tool.tag.name}>`])), `</${ANSWER}>`],
  parse(turn, tools, callId) {
    const scan = scanTags(turn.text, tools);
    const faults = [...scan.faults];
    const toolCalls: ToolCall[] = [];
    const call = scan.calls[0];
    if (call !== undefined) toolCalls.push({ id: callId, name: call.tool, arguments: { [call.argument]: call.body } });
    if (call !== undefined && scan.answer !== undefined) faults.push("tool call and answer in one turn");
    const answer = call === undefined && scan.answer !== undefined ? unwrapAnswer(scan.answer) : undefined;
    const message: AssistantMessage = {
      role: "assistant",
      content: scan.answer ?? "",
      ...(scan.thinking.length > 0 ? { reasoning: scan.thinking.join("\n") } : {}),
      ...(toolCalls.length > 0 ? { toolCalls } : {}),
      text: turn.text,
      ...(turn.tokens === undefined ? {} : { tokens: turn.tokens }),
    };
    return { message, faults, ...(answer === undefined ? {} : { answer }) };
  },
  text: (message, tools = []) => (message.role === "tool" ? resultText(message) : (message.text ?? writeTurn(message, tools))),
  render(trajectory) {
    return trajectory.messages.map((message): Segment => {
      if (message.role === "system" || message.role === "user") return { role: message.role, text: message.content, train: false };
      if (message.role === "tool") return { role: "tool", text: resultText(message), train: false };
      const written = trajectory.dialect === "tags" ? message.text : undefined;
      const text = written ?? writeTurn(message, trajectory.tools ?? []);
      return { role: "assistant", text, train: message.train ?? true };
    });
  },
};

function resultText(message: ToolMessage): string {
  return `\n<${RESULT}>\n${message.content}\n</${RESULT}>\n`;
}

/** A turn that was not sampled in this dialect (a recorded one, a translated one), written in it. */
function writeTurn(message: AssistantMessage, tools: readonly ToolDefinition[]): string {
  const parts = message.reasoning === undefined || message.reasoning === "" ? [] : [`<${THINK}>${message.reasoning}</${THINK}>`];
  for (const call of message.toolCalls ?? []) {
    const tag = tools.find(({ name }) => name === call.name)?.tag ?? KNOWN_TAGS.find(({ argument }) => typeof call.arguments[argument] === "string");
    const [only, ...others] = Object.values(call.arguments);
    const body = call.malformed?.raw ?? (typeof only === "string" && others.length === 0 ? only : JSON.stringify(call.arguments));
    const name = tag?.name ?? call.name;
    parts.push(`<${name}>${body}</${name}>`);
  }
  if (message.content !== "") {
    parts.push((message.toolCalls ?? []).length === 0 ? `<${ANSWER}>${message.content}</${ANSWER}>` : message.content);
  }
  return parts.join("\n");
}

interface CallTag {
  readonly tool: string;
  readonly argument: string;
}
type TaggedCall = CallTag & { readonly body: string };

interface TagScan {
  readonly thinking: readonly string[];
  readonly calls: readonly TaggedCall[];
  readonly answer: string | undefined;
  readonly faults: readonly string[];
}

/** One pass over the text; whatever the model wrote comes out as blocks and faults, never as an exception. */
function scanTags(text: string, tools: readonly ToolDefinition[]): TagScan {
  const callTags = new Map<string, CallTag>();
  for (const { name, tag } of tools) if (tag !== undefined) callTags.set(tag.name, { tool: name, argument: tag.argument });
  const thinking: string[] = [];
  const calls: TaggedCall[] = [];
  const faults: string[] = [];
  let answer: string | undefined;
  let at = 0;
  while (at < text.length) {
    const open = nextOpening(text, at, callTags);
    const between = text.slice(at, open?.start).trim();
    if (between !== "") faults.push(answer === undefined ? "text outside the tags" : `text after </${ANSWER}>`);
    if (open === undefined) break;
    const closing = `</${open.tag}>`;
    const end = text.indexOf(closing, open.bodyStart);
    if (end < 0) faults.push(`unclosed <${open.tag}>`);
    const body = text.slice(open.bodyStart, end < 0 ? undefined : end);
    if (open.tag === THINK) thinking.push(body.trim());
    else if (open.tag === RESULT) faults.push(`wrote its own <${RESULT}>`);
    else if (open.tag === ANSWER) {
      if (answer !== undefined) faults.push(`more than one <${ANSWER}>`);
      if (end >= 0) answer = body.trim();
    } else {
      const tag = callTags.get(open.tag);
      if (tag !== undefined && end >= 0) calls.push({ ...tag, body: body.trim() });
    }
    at = end < 0 ? text.length : end + closing.length;
  }
  if (calls.length > 1) faults.push("more than one tool call in a turn");
  return { thinking, calls, answer, faults: [...new Set(faults)] };
}

function nextOpening(
  text: string,
  from: number,
  callTags: ReadonlyMap<string, CallTag>,
): { tag: string; start: number; bodyStart: number } | undefined {
  let close = -1;
  for (let start = text.indexOf("<", from); start >= 0; start = text.indexOf("<", start + 1)) {
    // Looked for once per `>`, not once per `<`: a text full of `<` must not be searched again and again.
    if (close < start) close = text.indexOf(">", start);
    if (close < 0) return undefined;
    if (close - start > LONGEST_TAG) continue;
    const tag = text.slice(start + 1, close);
    if (tag === THINK || tag === ANSWER || tag === RESULT || callTags.has(tag)) return { tag, start, bodyStart: close + 1 };
  }
  return undefined;
}

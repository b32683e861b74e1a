/** What goes into a run and comes out of it: messages, prompts, generations, completions of wrapped clients, steps of an old agent, or plain text. */
import type { JsonObject, JsonValue, RecordedTurn } from "@autotraj/core/plugin";
import { invalid, isObject, listAt, objectAt, scalarText, textOrJson } from "@autotraj/core/rows";
import { isMessage, turnsOfMessage, turnsOfMessages } from "./message.ts";

/** Fields that hold a question as text, as chains name them. */
const QUESTIONS = ["input", "question", "query", "prompt", "text", "user_input"] as const;
const ANSWERS = ["output", "answer", "result", "response", "text", "completion"] as const;

/** @throws where they hold neither messages nor a question */
export function inputTurns(value: JsonValue | undefined, path: string): readonly RecordedTurn[] {
  if (Array.isArray(value)) return turnsOfMessages(value, path);
  const inputs = isObject(value) ? value : value === undefined || value === null ? {} : { input: value };
  const system = systemTurns(inputs, path);
  const { messages, prompts } = inputs;
  if (Array.isArray(messages)) return [...system, ...turnsOfMessages(messages, `${path}.messages`)];
  if (typeof messages === "string" || isObject(messages)) return [...system, ...turnsOfMessage(messages, `${path}.messages`)];
  if (Array.isArray(prompts)) return [...system, ...promptTurns(prompts, `${path}.prompts`)];
  const name = QUESTIONS.find((one) => (inputs[one] ?? null) !== null);
  if (name === undefined) return system;
  const history = inputs["chat_history"] ?? inputs["history"];
  return [
    ...system,
    ...(Array.isArray(history) ? turnsOfMessages(history, `${path}.chat_history`) : []),
    ...questionTurns(inputs[name] as JsonValue, `${path}.${name}`),
  ];
}

/** Wrapped clients of Anthropic's have the prompt beside the messages, those of OpenAI's Responses the instructions. */
function systemTurns(inputs: JsonObject, path: string): readonly RecordedTurn[] {
  const system = inputs["system"] ?? inputs["instructions"] ?? null;
  return system === null || system === "" ? [] : turnsOfMessage({ role: "system", content: system }, `${path}.system`);
}

function promptTurns(prompts: readonly JsonValue[], path: string): readonly RecordedTurn[] {
  const [only, ...others] = prompts;
  if (only === undefined || others.length > 0) throw invalid(path, `holds ${prompts.length} prompts; one is read`);
  return [{ role: "user", content: textOrJson(only) }];
}

function questionTurns(value: JsonValue, path: string): readonly RecordedTurn[] {
  if (Array.isArray(value)) return turnsOfMessages(value, path);
  return isObject(value) ? (isMessage(value) ? turnsOfMessage(value, path) : inputTurns(value, path)) : turnsOfMessage(scalarText(value) ?? "", path);
}

/** What a run said; nothing where it failed. */
export function outputTurns(value: JsonValue | undefined, path: string): readonly RecordedTurn[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return turnsOfMessages(value, path);
  if (!isObject(value)) return [{ role: "assistant", content: textOrJson(value) }];
  if (isMessage(value)) return turnsOfMessage(value, path);
  const { generations, choices, messages, message } = value;
  if (generations !== undefined) return generationTurns(generations, `${path}.generations`);
  if (choices !== undefined) return choiceTurns(choices, `${path}.choices`);
  if (Array.isArray(messages)) return turnsOfMessages(messages, `${path}.messages`);
  if (isObject(message)) return turnsOfMessage(message, `${path}.message`);
  const steps = stepTurns(value["intermediate_steps"], `${path}.intermediate_steps`);
  const name = ANSWERS.find((one) => (value[one] ?? null) !== null);
  if (name === undefined) return steps;
  return [...steps, ...outputTurns(value[name], `${path}.${name}`)];
}

/** Of the form `[[{message | text}]]`: prompts, then answers to each. */
function generationTurns(value: JsonValue, path: string): readonly RecordedTurn[] {
  const outer = listAt(value, path);
  const nested = Array.isArray(outer[0]) ? outer[0] : outer;
  const prompts = Array.isArray(outer[0]) ? outer.length : 1;
  const [only, ...others] = nested;
  if (only === undefined) return [];
  if (prompts > 1 || others.length > 0) throw invalid(path, `holds ${Math.max(prompts, nested.length)} generations; one is read`);
  const generation = objectAt(only, `${path}[0]`);
  const { message } = generation;
  if (isObject(message)) return turnsOfMessage(message, `${path}[0].message`);
  return [{ role: "assistant", content: textOrJson(generation["text"]) }];
}

function choiceTurns(value: JsonValue, path: string): readonly RecordedTurn[] {
  const [only, ...others] = listAt(value, path);
  if (only === undefined) return [];
  if (others.length > 0) throw invalid(path, `holds ${others.length + 1} choices; one is read`);
  const message = objectAt(objectAt(only, `${path}[0]`)["message"], `${path}[0].message`);
  return turnsOfMessage({ role: "assistant", ...message }, `${path}[0].message`);
}

/** An AgentExecutor's steps: pairs of an action and what came of it. */
function stepTurns(value: JsonValue | undefined, path: string): readonly RecordedTurn[] {
  return listAt(value, path).flatMap((step, index): readonly RecordedTurn[] => {
    const place = `${path}[${index}]`;
    const [action, observation] = listAt(step, place);
    const outer = objectAt(action, `${place}[0]`);
    const fields = isObject(outer["kwargs"]) ? outer["kwargs"] : outer;
    const name = scalarText(fields["tool"]);
    if (name === undefined) throw invalid(`${place}[0].tool`, "is missing");
    const id = scalarText(fields["tool_call_id"]);
    const input = fields["tool_input"] ?? {};
    return [
      {
        role: "assistant",
        content: thoughtOf(textOrJson(fields["log"])),
        calls: [{ name, arguments: isObject(input) ? input : { input }, ...(id === undefined ? {} : { id }) }],
      },
      { role: "tool", name, content: textOrJson(observation), ...(id === undefined ? {} : { callId: id }) },
    ];
  });
}

/** What an agent wrote before its action. Agents that call functions have a log of their own making. */
function thoughtOf(log: string): string {
  const start = log.search(/(?:^|\n)Action:|\nInvoking: `/);
  return (start < 0 ? log : log.slice(0, start)).trim();
}

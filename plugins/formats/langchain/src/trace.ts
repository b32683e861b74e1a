/**
 * Conversations out of the runs of LangSmith's traces. What the models were shown and wrote stands in the runs of type `llm`; what tools gave, where no message
 * has it, in those of type `tool`. A trace without `llm` runs is read from its outermost run that has messages.
 */
import type { JsonObject, JsonValue, RecordedConversation } from "@autotraj/core/plugin";
import {
  continuedWith,
  conversationsOf,
  invalid,
  isObject,
  looseJson,
  scalarText,
  type TracedConversation,
  type TracedModelCall,
  type TracedToolRun,
  textOrJson,
  toolsAt,
} from "@autotraj/core/rows";
import { inputTurns, outputTurns } from "./chain.ts";
import { idOf, rootsOf } from "./gather.ts";
import { endingOf, resultMessage } from "./message.ts";
import { endOf, millisecondsOf, startOf } from "./time.ts";

interface ModelRun extends TracedModelCall {
  readonly run: JsonObject;
  readonly error: string;
}

/** The runs of one trace, or of several. */
export function readTraces(runs: readonly JsonObject[]): readonly RecordedConversation[] {
  const traces = new Map<string, JsonObject[]>();
  for (const [run, trace] of rootsOf(runs)) {
    const own = traces.get(trace);
    if (own === undefined) traces.set(trace, [run]);
    else own.push(run);
  }
  return [...traces].flatMap(([trace, own]) => readTrace(trace, own));
}

function readTrace(trace: string, runs: readonly JsonObject[]): readonly RecordedConversation[] {
  const tree = new Tree(runs);
  const models = modelRuns(runs, tree);
  const calls = models.length > 0 ? models : outermost(runs, tree);
  if (!calls.some(({ input, output }) => input.length + output.length > 0)) throw invalid(`trace ${trace}`, nothingRecorded(runs, models));
  const { conversations, unasked } = conversationsOf(calls, toolRuns(runs, tree));
  return conversations.map((one, index) => conversationOf(one, trace, tree, index === 0 ? unasked : []));
}

/** Runs by id, and whose part of the trace each is. */
class Tree {
  readonly #byId: ReadonlyMap<string, JsonObject>;

  constructor(runs: readonly JsonObject[]) {
    this.#byId = new Map(runs.map((run) => [idOf(run), run]));
  }

  /** From the parent up. */
  *above(run: JsonObject): Generator<JsonObject> {
    let at = this.#byId.get(scalarText(run["parent_run_id"]) ?? "");
    for (let steps = 0; at !== undefined && steps < this.#byId.size; steps++) {
      yield at;
      at = this.#byId.get(scalarText(at["parent_run_id"]) ?? "");
    }
  }

  /** The agent that a run belongs to: the tool it runs in, and the subgraph; "" for the trace's own. */
  agentOf(run: JsonObject): string {
    const tool = [...this.above(run)].find(({ run_type }) => run_type === "tool");
    return [tool === undefined ? "" : idOf(tool), subgraphOf(run)].filter((part) => part !== "").join(" ");
  }
}

/** LangGraph's namespace `supervisor:…|agent:…` less the node itself. */
function subgraphOf(run: JsonObject): string {
  const namespace = scalarText(metadataOf(run)["langgraph_checkpoint_ns"]) ?? "";
  return namespace.split("|").slice(0, -1).join("|");
}

/** LangSmith says `llm`, LangChain's other tracers `chat_model` of models that take messages. */
function isModelRun({ run_type }: JsonObject): boolean {
  return run_type === "llm" || run_type === "chat_model";
}

function modelRuns(runs: readonly JsonObject[], tree: Tree): readonly ModelRun[] {
  // A wrapped client inside a chat model is the same call once more.
  const own = runs.filter((run) => isModelRun(run) && ![...tree.above(run)].some(isModelRun));
  return own.map((run) => {
    const { inputs, outputs } = run;
    const parameters = parametersOf(run);
    const given = isObject(inputs) ? inputs["tools"] : undefined;
    return {
      ...placeOf(run, tree),
      input: inputTurns(inputs, `${pathOf(run)}.inputs`),
      output: outputTurns(outputs, `${pathOf(run)}.outputs`),
      tools: toolsAt(parameters["tools"] ?? parameters["functions"] ?? given, `${pathOf(run)}.extra.invocation_params.tools`),
    };
  });
}

/** What stands in for the models' runs: the first run from the outside that has messages, or a question and an answer. */
function outermost(runs: readonly JsonObject[], tree: Tree): readonly ModelRun[] {
  const outside = runs.filter(({ run_type }) => run_type !== "tool" && run_type !== "retriever");
  for (const run of [...outside].sort((a, b) => [...tree.above(a)].length - [...tree.above(b)].length)) {
    const input = inputTurns(run["inputs"], `${pathOf(run)}.inputs`);
    const output = outputTurns(run["outputs"], `${pathOf(run)}.outputs`);
    // The outputs of a graph repeat what went in.
    if (input.length > 0 || output.length > 0) return [{ ...placeOf(run, tree), agent: "", input: continuedWith(input, output), output: [] }];
  }
  return [];
}

function placeOf(run: JsonObject, tree: Tree): Pick<ModelRun, "run" | "error" | "start" | "end" | "agent"> {
  return { run, error: textOrJson(run["error"]), start: startOf(run), end: endOf(run), agent: tree.agentOf(run) };
}

/** Tools that a tool ran are its own affair, unless it is an agent. */
function toolRuns(runs: readonly JsonObject[], tree: Tree): readonly TracedToolRun[] {
  const isPlainTool = (run: JsonObject) => run["run_type"] === "tool" && !hasModel(run, runs, tree);
  return runs.filter((run) => run["run_type"] === "tool" && ![...tree.above(run)].some(isPlainTool)).map((run) => toolRun(run, tree));
}

function hasModel(tool: JsonObject, runs: readonly JsonObject[], tree: Tree): boolean {
  return runs.some((run) => isModelRun(run) && [...tree.above(run)].includes(tool));
}

function toolRun(run: JsonObject, tree: Tree): TracedToolRun {
  const name = scalarText(run["name"]) ?? "";
  const durationMs = millisecondsOf(run);
  const error = textOrJson(run["error"]);
  const { callId = calledIn(run), content, ok } = resultOf(run);
  return {
    start: startOf(run),
    agent: tree.agentOf(run),
    ...(callId === undefined ? {} : { callId }),
    ...(name === "" ? {} : { name }),
    arguments: argumentsOf(run["inputs"]),
    ...(error !== "" ? { content: error, ok: false } : content === undefined ? {} : { content, ...(ok === undefined ? {} : { ok }) }),
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

/** LangChain's tracer says which call a tool ran for. */
function calledIn(run: JsonObject): string | undefined {
  return isObject(run["extra"]) ? scalarText(run["extra"]["tool_call_id"]) : undefined;
}

interface Result {
  readonly callId?: string;
  readonly content?: string;
  readonly ok?: boolean;
}

function resultOf(run: JsonObject): Result {
  const path = `${pathOf(run)}.outputs`;
  const { outputs } = run;
  if (outputs === undefined || outputs === null) return {};
  const only = isObject(outputs) && Object.keys(outputs).length === 1 ? outputs["output"] : undefined;
  const value = only === undefined ? outputs : only;
  return resultMessage(value, `${path}.output`) ?? { content: textOrJson(value) };
}

/** The arguments themselves, or text of them under `input`: JSON, or what Python prints of a dict. */
function argumentsOf(inputs: JsonValue | undefined): JsonValue {
  if (!isObject(inputs)) return inputs ?? {};
  const { input } = inputs;
  if (Object.keys(inputs).length > 1 || typeof input !== "string") return inputs;
  const value = /^\s*\{/.test(input) ? looseJson(input) : undefined;
  return isObject(value) ? value : inputs;
}

function conversationOf(one: TracedConversation<ModelRun>, trace: string, tree: Tree, unasked: readonly TracedToolRun[]): RecordedConversation {
  const last = one.calls.at(-1) as ModelRun;
  const model = one.calls.map(({ run }) => modelName(run)).findLast((name) => name !== "");
  const agent = agentName(last.run, tree);
  const names = unasked.map(({ name = "unnamed" }) => name);
  return {
    turns: one.turns,
    tools: one.tools,
    ...(model === undefined ? {} : { model }),
    ...endingOf(messageIn(last.run["outputs"])),
    ...(last.error === "" ? {} : { finish: "failed", faults: [`the model's call failed: ${firstLine(last.error)}`] }),
    notes: { trace, ...(agent === "" ? {} : { agent }), ...(names.length === 0 ? {} : { toolRunsWithoutCall: names }) },
  };
}

/** The message that a model's run gave. */
function messageIn(outputs: JsonValue | undefined): JsonValue | undefined {
  let at = isObject(outputs) ? (outputs["generations"] ?? outputs["message"]) : outputs;
  while (Array.isArray(at) && at.length === 1) at = at[0];
  return isObject(at) && isObject(at["message"]) ? at["message"] : at;
}

function modelName(run: JsonObject): string {
  const parameters = parametersOf(run);
  const inputs = isObject(run["inputs"]) ? run["inputs"] : {};
  return scalarText(parameters["model"] ?? parameters["model_name"] ?? metadataOf(run)["ls_model_name"] ?? inputs["model"]) ?? "";
}

/** The name of the agent inside another one's tool or graph. */
function agentName(run: JsonObject, tree: Tree): string {
  const tool = [...tree.above(run)].find(({ run_type }) => run_type === "tool");
  const [node = ""] = (subgraphOf(run).split("|").at(-1) ?? "").split(":", 1);
  return tool === undefined ? node : (scalarText(tool["name"]) ?? "");
}

function parametersOf(run: JsonObject): JsonObject {
  const extra = isObject(run["extra"]) ? run["extra"] : {};
  return isObject(extra["invocation_params"]) ? extra["invocation_params"] : {};
}

function metadataOf(run: JsonObject): JsonObject {
  const extra = isObject(run["extra"]) ? run["extra"] : {};
  return isObject(extra["metadata"]) ? extra["metadata"] : {};
}

function pathOf(run: JsonObject): string {
  return `run ${idOf(run)}`;
}

function firstLine(text: string): string {
  return (text.trim().split("\n", 1)[0] ?? "").slice(0, 200);
}

function nothingRecorded(runs: readonly JsonObject[], models: readonly ModelRun[]): string {
  return (
    `holds no messages: none of its ${runs.length} runs (${models.length} of type llm) has inputs or outputs that say any. Export the runs with ` +
    "inputs and outputs, and trace without LANGSMITH_HIDE_INPUTS and LANGSMITH_HIDE_OUTPUTS"
  );
}

/**
 * The items of a conversation as turns. A turn of the model is several items: its thinking, its words, its calls. Tools that OpenAI runs itself write call
 * and result into one item.
 */
import type { JsonObject, JsonValue, RecordedAssistant, RecordedCall, RecordedTurn, ToolDefinition } from "@autotraj/core/plugin";
import { contentOf, invalid, plainTextOf, refuseChatCalls, saidUnder, scalarText, unreadablePart } from "@autotraj/core/rows";
import { callOf, isOutput, resultOf } from "./calls.ts";
import { approvalAnswer, hostedCall } from "./hosted.ts";
import { thinkingIn } from "./reasoning.ts";
import { toolsIn } from "./tools.ts";

export interface PlacedItem {
  readonly item: JsonObject;
  readonly path: string;
}

export interface SpokenItems {
  readonly turns: readonly RecordedTurn[];
  /** Tools that the items themselves list. */
  readonly tools: readonly ToolDefinition[];
  /** Reasoning items of which only an encrypted text is there. */
  readonly hiddenThinking: number;
}

/** @throws PluginError naming the item that has no reading */
export function turnsOf(items: readonly PlacedItem[]): SpokenItems {
  return new ItemReader(items).read();
}

class ItemReader {
  readonly #items: readonly PlacedItem[];
  /** By place: the next item that is not the model's is the result of a call. */
  readonly #resultComes: readonly boolean[];
  /** The items that hold an approved call again, with its result, by their request. */
  readonly #approved: ReadonlySet<string>;
  /** Some outputs name the item of their call and not the call. */
  readonly #callIds = new Map<string, string>();
  readonly #turns: RecordedTurn[] = [];
  readonly #tools: ToolDefinition[] = [];
  #draft = new Draft();
  #hiddenThinking = 0;

  constructor(items: readonly PlacedItem[]) {
    this.#items = items;
    this.#resultComes = resultsAhead(items);
    this.#approved = new Set(items.flatMap(({ item }) => (item["type"] === "mcp_call" ? (scalarText(item["approval_request_id"]) ?? []) : [])));
  }

  read(): SpokenItems {
    for (const [index, placed] of this.#items.entries()) this.#read(placed, this.#resultComes[index] === true);
    this.#endTurn();
    return { turns: this.#turns, tools: this.#tools, hiddenThinking: this.#hiddenThinking };
  }

  #read({ item, path }: PlacedItem, resultComes: boolean): void {
    const type = typeOf(item);
    const tools = toolsIn(item, type, path);
    this.#tools.push(...(tools ?? []));
    if (type === "message") this.#message(item, path, resultComes);
    else if (type === "reasoning") this.#reasoning(item, path, resultComes);
    else if (isOutput(type)) this.#result(item, path);
    else if (tools === undefined && !this.#call(item, type, path) && !this.#approval(item, type) && !this.#hosted(item, type, path)) {
      throw unreadableItem(type, path);
    }
  }

  #message(item: JsonObject, path: string, resultComes: boolean): void {
    const { role } = item;
    refuseChatCalls(item, path);
    const content = saidUnder(item, ["content"], path);
    if (role === "assistant") {
      // Words after a call belong to its turn where its result is still to come.
      if (this.#draft.hasCalls ? !resultComes : this.#draft.hasText) this.#endTurn();
      this.#draft.addMessage(content, `${path}.content`, isLearnt(item));
    } else if (role === "user" || role === "system" || role === "developer") {
      this.#push({ role: role === "user" ? "user" : "system", content: plainTextOf(content, `${path}.content`) });
    } else throw invalid(`${path}.role`, `is ${JSON.stringify(role ?? null)}; expected user, assistant, system or developer`);
  }

  #reasoning(item: JsonObject, path: string, resultComes: boolean): void {
    const thinking = thinkingIn(item, path);
    if (thinking === "") this.#hiddenThinking++;
    if (this.#draft.hasText || (this.#draft.hasCalls && !resultComes)) this.#endTurn();
    this.#draft.addThinking(thinking, isLearnt(item));
  }

  #call(item: JsonObject, type: string, path: string): boolean {
    const call = callOf(item, type);
    if (call === undefined) return false;
    const { call_id: callId, id } = item;
    if (typeof callId === "string" && typeof id === "string") this.#callIds.set(id, callId);
    this.#draft.addCall(call, isLearnt(item));
    // Some servers put what came back beside the call.
    if (type === "function_call" && (item["output"] ?? null) !== null) this.#result(item, path);
    return true;
  }

  /** An approved call comes again with its result. */
  #approval(item: JsonObject, type: string): boolean {
    if (type === "mcp_approval_request") return this.#approved.has(scalarText(item["id"]) ?? "");
    const answer = approvalAnswer(item, type);
    if (answer === undefined) return false;
    if (answer !== "given") this.#push(answer);
    return true;
  }

  /** One after the other: the model went on when each had its result. */
  #hosted(item: JsonObject, type: string, path: string): boolean {
    const hosted = hostedCall(item, type, path);
    if (hosted === undefined) return false;
    this.#draft.addCall(hosted.call, isLearnt(item));
    this.#endTurn();
    if (hosted.result !== undefined) this.#turns.push(hosted.result);
    return true;
  }

  #result(item: JsonObject, path: string): void {
    const result = resultOf(item, path);
    const callId = result.callId === undefined ? undefined : (this.#callIds.get(result.callId) ?? result.callId);
    this.#push({ ...result, ...(callId === undefined ? {} : { callId }) });
  }

  #push(turn: RecordedTurn): void {
    this.#endTurn();
    this.#turns.push(turn);
  }

  #endTurn(): void {
    if (!this.#draft.isEmpty) this.#turns.push(this.#draft.turn());
    this.#draft = new Draft();
  }
}

/** Messages may leave their type out. */
export function typeOf(item: JsonObject): string {
  const { type, role } = item;
  return typeof type === "string" ? type : role === undefined ? "" : "message";
}

function isLearnt({ weight }: JsonObject): boolean {
  return weight !== 0;
}

function unreadableItem(type: string, path: string): Error {
  if (type === "item_reference") return invalid(path, "refers to an item that the server kept; what it said is not in the log");
  if (type.includes("compaction")) return invalid(path, "is a compaction: what the model saw before it is encrypted");
  if (type === "image_generation_call") return invalid(path, "is an image that the model made; only text is read");
  return invalid(path, `is an item of type ${JSON.stringify(type)}, which has no reading here`);
}

function resultsAhead(items: readonly PlacedItem[]): readonly boolean[] {
  const ahead: boolean[] = [];
  let comes = false;
  for (let index = items.length - 1; index >= 0; index--) {
    ahead[index] = comes;
    const { item } = items[index] as PlacedItem;
    const type = typeOf(item);
    if (isOutput(type)) comes = true;
    else if (type === "message" && item["role"] !== "assistant") comes = false;
  }
  return ahead;
}

/** One turn of the model in the making. */
class Draft {
  readonly #texts: string[] = [];
  readonly #thoughts: string[] = [];
  readonly #refusals: string[] = [];
  readonly #calls: RecordedCall[] = [];
  #isLearnt = true;
  #isBegun = false;

  get isEmpty(): boolean {
    return !this.#isBegun;
  }
  get hasText(): boolean {
    return this.#texts.length > 0;
  }
  get hasCalls(): boolean {
    return this.#calls.length > 0;
  }

  addMessage(content: JsonValue | undefined, path: string, learnt: boolean): void {
    const { text, reasoning, refusal, others } = contentOf(content, path);
    const [other] = others;
    if (other !== undefined) throw unreadablePart(other);
    this.#texts.push(text);
    if (reasoning !== "") this.#thoughts.push(reasoning);
    if (refusal !== "") this.#refusals.push(refusal);
    this.#begin(learnt);
  }

  /** Thinking that cannot be read begins no turn. */
  addThinking(text: string, learnt: boolean): void {
    if (text === "") return;
    this.#thoughts.push(text);
    this.#begin(learnt);
  }

  addCall(call: RecordedCall, learnt: boolean): void {
    this.#calls.push(call);
    this.#begin(learnt);
  }

  turn(): RecordedAssistant {
    const text = (texts: readonly string[], joint: string) => texts.filter((one) => one !== "").join(joint);
    const [reasoning, refusal] = [text(this.#thoughts, "\n"), text(this.#refusals, "\n")];
    return {
      role: "assistant",
      content: text(this.#texts, "\n\n"),
      ...(reasoning === "" ? {} : { reasoning }),
      ...(refusal === "" ? {} : { refusal }),
      ...(this.#calls.length === 0 ? {} : { calls: this.#calls }),
      ...(this.#isLearnt ? {} : { train: false }),
    };
  }

  #begin(learnt: boolean): void {
    this.#isBegun = true;
    this.#isLearnt &&= learnt;
  }
}

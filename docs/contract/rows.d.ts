// @autotraj/core/rows, written by `npm run contract`. What it promises: docs/guide/compatibility.md.

// data/dataset-rows.ts
import type { JsonObject, Message, ScoredTrajectory, Scores, SftRow, Trajectory, Verdict } from "../kernel/plugin.ts";
export declare function rowsIn(file: string): Generator<JsonObject>;
export declare function linesIn(file: string): Generator<{
    readonly text: string;
    readonly line: number;
}>;
export declare const NO_USAGE: Trajectory["usage"];
export declare function trajectoryOf({ answer, scores: _scores, verdict: _verdict, ...row }: SftRow): Trajectory;
interface DatasetRow {
    readonly id: string;
    readonly query: Trajectory["query"];
    readonly dialect: Trajectory["dialect"];
    readonly tools: Trajectory["tools"];
    readonly messages: readonly Message[];
    readonly answer: string | null;
    readonly finish: Trajectory["finish"];
    readonly faults: readonly string[];
    readonly scores: Scores;
    readonly verdict: Verdict | null;
    readonly provenance: Trajectory["provenance"];
}
export declare function trajectoryRow({ trajectory, scores, verdict }: ScoredTrajectory): DatasetRow;
export {};

// data/ending.ts
import type { Message } from "../kernel/trajectory/model.ts";
export declare function endingWithTheModel<T extends {
    readonly messages: readonly Message[];
}>(trajectory: T): T;

// data/exact-json.ts
import type { JsonValue } from "../kernel/plugin.ts";
export declare function parseJson(text: string): JsonValue;

// data/json-lines.ts
export declare function writeJsonLines(file: string, rows: () => Iterable<unknown> | AsyncIterable<unknown>): Promise<number>;
export declare function writeError(file: string, error: unknown): unknown;

// data/recorded/arguments.ts
import type { JsonValue, RecordedCall, ToolCall } from "../../kernel/plugin.ts";
export declare const UNNAMED_TOOL = "unnamed";
export declare function readCall(call: RecordedCall, id: string): ToolCall;
export declare function sameCall(a: RecordedCall, b: RecordedCall): boolean;
export declare function canonical(value: JsonValue | undefined): string | undefined;

// data/recorded/failed-results.ts
export declare function saysFailed(content: string, more?: readonly RegExp[]): boolean;

// data/recorded/fields.ts
import { type JsonObject, type JsonValue, PluginError } from "../../kernel/plugin.ts";
export declare function invalid(path: string, what: string): PluginError;
export declare function objectAt(value: JsonValue | undefined, path: string): JsonObject;
export declare function listAt(value: JsonValue | undefined, path: string): readonly JsonValue[];
export declare function textAt(value: JsonValue | undefined, path: string): string;
export declare function scalarText(value: JsonValue | undefined): string | undefined;
export declare function textOrJson(value: JsonValue | undefined): string;
export declare function jsonTextAt(text: string, path: string): JsonValue;

// data/recorded/stop-reasons.ts
import type { JsonValue, RecordedConversation } from "../../kernel/plugin.ts";
export type Unfinished = Required<Pick<RecordedConversation, "finish" | "faults">> & {
    readonly answer: null;
};
export declare function unfinished(...reasons: readonly (JsonValue | undefined)[]): Unfinished | undefined;

// data/recorded/thinking.ts
export interface Split {
    readonly reasoning: string;
    readonly content: string;
    readonly unclosed: boolean;
}
export declare function splitThinking(text: string): Split;
export declare function joinedThoughts(...thoughts: readonly string[]): string;

// data/recorded/tool-call-text.ts
import type { JsonValue, RecordedCall } from "../../kernel/plugin.ts";
export declare function splitToolCalls(text: string): {
    readonly said: string;
    readonly calls: readonly RecordedCall[];
};
export declare function callsOf(value: JsonValue): readonly RecordedCall[];
export declare function splitToolResponses(text: string): readonly string[] | undefined;
export declare function looseJson(text: string): JsonValue | undefined;

// data/recorded/tools.ts
import type { JsonObject, JsonValue, ToolDefinition } from "../../kernel/plugin.ts";
export declare function toolsAt(raw: JsonValue | undefined, path: string): readonly ToolDefinition[];
export declare function customTool({ name, description }: JsonObject, path: string): ToolDefinition;

// data/recorded/trace-runs.ts
import type { JsonValue, RecordedTurn } from "../../kernel/plugin.ts";
export interface TracedToolRun {
    readonly start: string;
    readonly agent: string;
    readonly callId?: string;
    readonly name?: string;
    readonly arguments?: JsonValue;
    readonly content?: string;
    readonly ok?: boolean;
    readonly durationMs?: number;
}
export interface UnansweredTurns {
    readonly agent: string;
    readonly turns: readonly RecordedTurn[];
    readonly writtenAt: ReadonlyMap<RecordedTurn, string>;
}
export declare function withRuns(thread: UnansweredTurns, runs: readonly TracedToolRun[], used: Set<TracedToolRun>): readonly RecordedTurn[];

// data/recorded/trace.ts
import type { RecordedTurn, ToolDefinition } from "../../kernel/plugin.ts";
import { type TracedToolRun } from "./trace-runs.ts";
export interface TracedModelCall {
    readonly start: string;
    readonly end: string;
    readonly agent: string;
    readonly input: readonly RecordedTurn[];
    readonly output: readonly RecordedTurn[];
    readonly tools?: readonly ToolDefinition[];
}
export interface TracedConversation<Call extends TracedModelCall> {
    readonly turns: readonly RecordedTurn[];
    readonly calls: readonly Call[];
    readonly tools: readonly ToolDefinition[];
}
export interface TracedConversations<Call extends TracedModelCall> {
    readonly conversations: readonly TracedConversation<Call>[];
    readonly unasked: readonly TracedToolRun[];
}
export declare function conversationsOf<Call extends TracedModelCall>(calls: readonly Call[], runs: readonly TracedToolRun[]): TracedConversations<Call>;
export declare function continuedWith(before: readonly RecordedTurn[], after: readonly RecordedTurn[]): readonly RecordedTurn[];

// data/recorded/rows.ts
import type { JsonObject, JsonValue, PluginError, Query } from "../../kernel/plugin.ts";
export { isJsonObject as isObject } from "../../kernel/json.ts";
export { linesIn, NO_USAGE, rowsIn, trajectoryOf, trajectoryRow } from "../dataset-rows.ts";
export { endingWithTheModel } from "../ending.ts";
export { parseJson } from "../exact-json.ts";
export { writeJsonLines } from "../json-lines.ts";
export { sameCall } from "./arguments.ts";
export { saysFailed } from "./failed-results.ts";
export { invalid, listAt, objectAt, scalarText, textAt, textOrJson } from "./fields.ts";
export { type Unfinished, unfinished } from "./stop-reasons.ts";
export { joinedThoughts } from "./thinking.ts";
export { callsOf, looseJson, splitToolCalls } from "./tool-call-text.ts";
export { customTool, toolsAt } from "./tools.ts";
export { continuedWith, conversationsOf, type TracedConversation, type TracedModelCall, } from "./trace.ts";
export type { TracedToolRun } from "./trace-runs.ts";
export declare function resultTextAt(value: JsonValue | undefined, path: string): string;
export interface Content {
    readonly text: string;
    readonly reasoning: string;
    readonly refusal: string;
    readonly others: readonly {
        readonly part: JsonObject;
        readonly path: string;
    }[];
}
export declare function contentOf(content: JsonValue | undefined, path: string): Content;
export declare function plainTextOf(content: JsonValue | undefined, path: string): string;
export declare function unreadablePart({ part, path }: Content["others"][number]): PluginError;
export declare function reasoningBeside(message: JsonObject, path: string): string;
export declare function saidOk({ ok, is_error, isError, status, error }: JsonObject): boolean | undefined;
export declare function isFilled(value: JsonValue | undefined): boolean;
export declare function saidUnder(message: JsonObject, names: readonly string[], path: string): JsonValue;
export declare function queryOf(record: JsonObject, fields?: {
    readonly id?: string;
    readonly gold?: string;
}): Partial<Query>;
export declare function refuseChatCalls(message: JsonObject, path: string): void;
export declare function goldAt(value: JsonValue | undefined, path: string): readonly string[];

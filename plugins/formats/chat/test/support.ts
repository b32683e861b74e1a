/** The format on the kernel's reading path. */
import { dialects } from "@autotraj/core";
import { DIALECTS, FORMAT, type Format, type ToolCall, type Trajectory } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import { readingOf } from "../../../../test/formats/reading.ts";
import plugin from "../src/index.ts";

export async function chat(): Promise<Format> {
  return (await setupPlugin(plugin, { services: [[DIALECTS, dialects]] })).provided(FORMAT);
}

export const { readRows, readAll, read, problem } = readingOf(chat);

export function callsOf({ messages }: Pick<Trajectory, "messages">): readonly ToolCall[] {
  return messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []) : []));
}

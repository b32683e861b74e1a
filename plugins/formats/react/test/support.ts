/** The format on the kernel's reading path. */
import { dialects } from "@autotraj/core";
import { DIALECTS, FORMAT, type Format, type JsonValue } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import { readingOf } from "../../../../test/formats/reading.ts";
import plugin from "../src/index.ts";

export async function react(options: object = {}): Promise<Format> {
  return (await setupPlugin(plugin, { options, services: [[DIALECTS, dialects]] })).provided(FORMAT);
}

export const readAll = (row: JsonValue, options?: object) => readingOf(() => react(options)).readAll([row]);
export const read = (row: JsonValue, options?: object) => readingOf(() => react(options)).read(row);
export const { problem } = readingOf(react);

export interface SftRow {
  readonly prompt: string;
  readonly completion: string;
  readonly segments: readonly { readonly text: string; readonly train: boolean }[];
}

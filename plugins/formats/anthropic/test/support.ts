/** The format on the kernel's reading path. */
import { FORMAT, type Format } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import { readingOf } from "../../../../test/formats/reading.ts";
import plugin from "../src/index.ts";

export async function anthropic(): Promise<Format> {
  return (await setupPlugin(plugin)).provided(FORMAT);
}

export const { readRows, readAll, read, problem } = readingOf(anthropic);

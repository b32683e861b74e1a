/** The two ways of writing a trajectory down. */
import type { Dialects } from "../../kernel/plugin.ts";
import { nativeDialect } from "./native.ts";
import { tagsDialect } from "./tags.ts";

const ALL = { tags: tagsDialect, native: nativeDialect } as const;

export const dialects: Dialects = {
  get: (name) => ALL[name],
  text(trajectory) {
    const dialect = ALL[trajectory.dialect];
    return trajectory.messages.map((message) => (message.role === "assistant" || message.role === "tool" ? dialect.text(message) : "")).join("");
  },
};

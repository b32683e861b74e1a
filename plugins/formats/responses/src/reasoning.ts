import type { JsonObject } from "@autotraj/core/plugin";
import { contentOf, isObject, listAt } from "@autotraj/core/rows";

/** The thinking in a reasoning item: its own text where it is open, else the summary of it, paragraph by paragraph. Empty where all of it is encrypted. */
export function thinkingIn(item: JsonObject, path: string): string {
  for (const name of ["content", "summary"]) {
    const value = item[name] ?? null;
    if (value === null) continue;
    const parts = typeof value === "string" || isObject(value) ? [value] : listAt(value, `${path}.${name}`);
    const said = parts.map((part, index) => {
      const { text, reasoning } = contentOf(typeof part === "string" ? part : [part], `${path}.${name}[${index}]`);
      return [reasoning, text].filter((one) => one !== "").join("\n");
    });
    const text = said.filter((one) => one !== "").join("\n\n");
    if (text !== "") return text;
  }
  return "";
}

/** Values in messages. */

/** Short, and never a whole object. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Promise) return "a promise, which nobody has awaited";
  if (typeof value === "object" && value !== null) {
    if ("$env" in value || "$file" in value) return "a secret ($env and $file stand for values inside a plugin's options only)";
    return "an object";
  }
  if (typeof value === "number") return String(value);
  const json = JSON.stringify(value) ?? String(value);
  return json.length <= 60 ? json : `${json.slice(0, 57).replace(/\p{Cs}$/u, "")}…"`;
}

/** What something that was thrown says. Anything can be, and an error can say nothing. */
export function wordsOf(error: unknown): string {
  if (typeof error === "string" && error !== "") return error;
  const { message, name } = Object(error) as { readonly message?: unknown; readonly name?: unknown };
  if (typeof message === "string" && message !== "") return message;
  return error instanceof Error ? `${String(name)} without a word` : `${shown(error)} was thrown, which says nothing`;
}

/** The final answer of a message: what stands in its last `\boxed{…}`, braces balanced, else the whole text; undefined when empty. */
export function unboxed(text: string): string | undefined {
  const start = text.lastIndexOf("\\boxed{");
  if (start >= 0) {
    let depth = 0;
    for (let i = start + "\\boxed".length; i < text.length; i++) {
      if (text[i] === "{") depth++;
      else if (text[i] === "}" && --depth === 0) return text.slice(start + "\\boxed{".length, i).trim() || undefined;
    }
  }
  return text.trim() || undefined;
}

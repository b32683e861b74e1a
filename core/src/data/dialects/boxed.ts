/** Finds the content, white space included, of the last `\boxed{…}` with balanced braces. Linear in the text's length. */
export function lastBoxed(text: string): string | undefined {
  const start = text.lastIndexOf("\\boxed{");
  if (start < 0) return undefined;
  let depth = 0;
  for (let i = start + "\\boxed".length; i < text.length; i++) {
    if (text[i] === "{") depth++;
    else if (text[i] === "}" && --depth === 0) return text.slice(start + "\\boxed{".length, i);
  }
  return undefined;
}

/** The final answer as a bare value: what stands in the last `\boxed{}`, else the whole text, trimmed; undefined when empty. */
export function unwrapAnswer(text: string): string | undefined {
  const answer = (lastBoxed(text) ?? text).trim();
  return answer === "" ? undefined : answer;
}

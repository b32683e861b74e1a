/** Words as the paper counts them: what stands between white space. */
export function wordsOf(text: string): readonly string[] {
  return text.match(/\S+/gu) ?? [];
}

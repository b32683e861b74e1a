/** What a model's tokenizer takes for more than text, by its `tokenizer.json`; the rule is that of `python/autotraj_tokens.py`. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface AddedToken {
  readonly content: string;
  readonly special: boolean;
}

/**
 * What a tokenizer in Hugging Face's layout declares as special, and what looks like it. Undefined where the folder has no tokenizer.json.
 * @throws SyntaxError where that file is no JSON
 */
export function controlTokensIn(folder: string): readonly string[] | undefined {
  const file = join(folder, "tokenizer.json");
  if (!existsSync(file)) return undefined;
  const { added_tokens: added = [] }: { readonly added_tokens?: readonly AddedToken[] } = Object(JSON.parse(readFileSync(file, "utf8")));
  return added.filter(({ content, special }) => special || /^<[|｜].*[|｜]>$/su.test(content)).map(({ content }) => content);
}

/**
 * Finds code that stands twice: a line for each stretch of twenty lines or more (its first and last may be parts of lines) that is the same in two places but
 * for white space and comments; exit code 1 where there is any. What two places need belongs to one owner: a file both import, a library in
 * `plugins/libraries`, a file beside the tests.
 */
import { hash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Detector, weak } from "@jscpd/core";
import { Tokenizer } from "@jscpd/tokenizer";
import { main, root } from "./process.mjs";

const SOURCES = "{cli,core,plugins,presets,scripts,test}/**/*.{ts,mts,js,mjs,py}";
/** The JavaScript of templates is written from their TypeScript (`npm run docs`). */
const ELSEWHERE = ["**/node_modules/**", "**/dist/**", "cli/init/templates/**/javascript/**"];
const LINES = 20;
/** A line holds one token at least: no twenty lines are overlooked. */
const TOKENS = LINES;

/** The detector's own store makes an error for every token that stands once, which is nearly all of them, and takes most of the time. */
const ONCE = Promise.reject();
ONCE.catch(() => {});

await main(async () => {
  const seen = new Map();
  const store = {
    namespace: (language) => language,
    get: (key) => (seen.has(key) ? Promise.resolve(seen.get(key)) : ONCE),
    set: async (key, place) => seen.set(key, place),
    close: () => seen.clear(),
  };
  // It counts from the first line to the last one.
  const settings = { minLines: LINES - 1, minTokens: TOKENS, mode: weak, hashFunction: (text) => hash("md5", text) };
  const detector = new Detector(new Tokenizer(), store, [], settings);
  let copies = 0;
  for (const file of globSync(SOURCES, { cwd: root, exclude: ELSEWHERE }).sort()) {
    // JavaScript is read as TypeScript, so that it is compared with it.
    const found = await detector.detect(file, readFileSync(join(root, file), "utf8"), file.endsWith(".py") ? "python" : "typescript");
    for (const { duplicationA: again, duplicationB: first } of found)
      console.log(`${file}:${again.start.line}-${again.end.line} is ${first.sourceId} from line ${first.start.line} on`);
    copies += found.length;
  }
  return copies > 0 ? 1 : 0;
});

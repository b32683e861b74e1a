/** Where in a reply the final answer stands: after the thinking, before the end of the turn, in the last `<answer>`, in the last `\boxed{}`. Linear in the text's length. */
import { isUnitAlone } from "./units.ts";

/** `source` is what math-verify may search, with its dollars and its box. */
export type FinalAnswer = { readonly text: string; readonly source: string } | { readonly none: string };

const THINKING = "think|thinking|thought|reasoning|scratchpad|reflection";
const THINKING_ENDS = new RegExp(String.raw`<\/(?:${THINKING})>|\[\/THINK\]|<\|end_of_thought\|>`, "gi");
const THINKING_STARTS = new RegExp(String.raw`<(?:${THINKING})>|\[THINK\]|<\|begin_of_thought\|>`, "i");
/** The tokens by which chat templates open and close turns. */
const TEMPLATE_TOKEN =
  /<\|[^|<>\s][^|<>]{0,40}\|>|<｜[^<>｜]{1,40}｜>|<\/?s>|<(?:eos|bos|pad|(?:end|start)_of_turn|end_of_text|end_of_utterance)>|\[(?:EOS|BOS|PAD|END|\/?INST)\]/i;
const LEADING_TOKENS = new RegExp(String.raw`^(?:\s*(?:${TEMPLATE_TOKEN.source})(?:(?:assistant|model)\s*\n)?)+`, "i");
const ANSWER_START = /<(?:final[_ ]?)?answer>/gi;
const ANSWER_END = /<\/(?:final[_ ]?)?answer>/i;
const ANSWER_ENDS = ["</answer>", "</final_answer>", "</final answer>", "</finalanswer>"];
const BOX = /\\(?:boxed|fbox)\s{0,3}\{/g;
/** What may stand between the boxes of one list: `and`, commas, the end of one formula and the start of the next, `y =`. */
const BETWEEN_BOXES = /^(?:[\s$,;&+]|\\(?:q?quad\b|[,;: ()[\]]|text\{[^{}]*\})|and\b|or\b|[a-zA-Z](?:_\{?\w\}?)?\s{0,3}=){0,60}$/;

/** Nearly nothing, or not much with a separator in it. */
const GOLD_BETWEEN_BOXES = /^(?:.{0,9}|(?=.{0,69}(?:\band\b|\bor\b|[,;]))(?:(?![.!?]\s).){0,69})$/;
const FINAL_DECLARATION = /\bfinal answer\s{0,3}(?:is\b|:)/i;

/** @returns why there is none where the thinking, the last tag or the last box holds no answer: nothing said before stands in for it. */
export function finalAnswer(reply: string): FinalAnswer {
  const spoken = afterThinking(reply);
  if (spoken === undefined) return { none: "the thinking is never closed" };
  const turn = withoutTemplateTokens(spoken).trim();
  const tagged = inLastTag(turn);
  if (tagged === "") return { none: "the last <answer> is empty" };
  return inLastBoxes(tagged ?? turn, BETWEEN_BOXES);
}

/** A gold answer, which may be a whole solution; the boxes of one sentence are a list: `\boxed{1} paper and \boxed{2} bins`. */
export function goldAnswer(text: string): { readonly text: string; readonly source: string } {
  const boxed = inLastBoxes(text.trim(), GOLD_BETWEEN_BOXES);
  return "none" in boxed ? { text, source: text } : boxed;
}

function afterThinking(text: string): string | undefined {
  const end = [...text.matchAll(THINKING_ENDS)].at(-1);
  const spoken = end === undefined ? text : text.slice(end.index + end[0].length);
  const start = spoken.search(THINKING_STARTS);
  if (start < 0) return spoken;
  const before = spoken.slice(0, start);
  return before.trim() === "" ? undefined : before;
}

function withoutTemplateTokens(text: string): string {
  const final = text.split("<|channel|>final<|message|>").at(-1) ?? text;
  const body = final.replace(LEADING_TOKENS, "");
  const end = body.search(TEMPLATE_TOKEN);
  return end < 0 ? body : body.slice(0, end);
}

/** What stands in the last `<answer>`, which a stop string may have cut off before its end tag, as a prompt may have written its start tag. */
function inLastTag(text: string): string | undefined {
  const start = [...text.matchAll(ANSWER_START)].at(-1);
  const body = start === undefined ? text : text.slice(start.index + start[0].length);
  const end = body.search(ANSWER_END);
  if (end >= 0) return body.slice(0, end).trim();
  return start === undefined ? undefined : withoutCutEnd(body).trim();
}

/** Without the beginning of an end tag that the text breaks off in: `42</ans`. */
function withoutCutEnd(body: string): string {
  const at = body.lastIndexOf("<");
  const isEnd = at >= 0 && ANSWER_ENDS.some((tag) => tag.startsWith(body.slice(at).toLowerCase()));
  return isEnd ? body.slice(0, at) : body;
}

/** The last box, with those before it that are joined to it as one list: `\boxed{1} and \boxed{2}`. */
function inLastBoxes(text: string, between: RegExp): FinalAnswer {
  const starts = [...text.matchAll(BOX)];
  const last = starts.at(-1);
  if (last === undefined) return { text, source: text };
  const closing = boxEnd(text, last);
  if (closing === undefined) return { none: "the last \\boxed{ is never closed" };
  const behind = text.slice(closing + 1);
  if (FINAL_DECLARATION.test(behind)) return { text: behind, source: behind };
  const contents = [content(text, last, closing)];
  if (contents[0] === "") return { none: "the last \\boxed{} is empty" };
  let next = last;
  for (const start of starts.slice(-10, -1).reverse()) {
    const end = boxEnd(text.slice(0, next.index), start);
    if (end === undefined || !between.test(text.slice(end + 1, next.index))) break;
    contents.unshift(content(text, start, end));
    next = start;
  }
  const distinct = [...new Set(contents)];
  const boxed = distinct.length > 1 ? distinct.join(", ") : `${contents[0]}${unitBehind(behind)}`;
  return { text: boxed, source: `\\boxed{${boxed}}` };
}

/** What stands in the last box; undefined where there is none, or it is never closed. */
export function lastBox(text: string): string | undefined {
  const last = [...text.matchAll(BOX)].at(-1);
  const end = last === undefined ? undefined : boxEnd(text, last);
  return last === undefined || end === undefined ? undefined : content(text, last, end);
}

/** Where the box's braces close. */
function boxEnd(text: string, box: RegExpExecArray): number | undefined {
  let depth = 1;
  for (let at = box.index + box[0].length; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  return undefined;
}

function content(text: string, box: RegExpExecArray, end: number): string {
  return text.slice(box.index + box[0].length, end).trim();
}

/** The unit of `\boxed{5}\text{ cm}` and `\boxed{5} km.` is part of the answer. */
function unitBehind(rest: string): string {
  const unit = /^(?:\$|\\[)\]])?\s{0,3}((?:\\(?:text|mathrm|mbox|,|;)|[\p{L}°%{}^/\d\\ ]){1,40}?)[\s.$]{0,5}(?:\\[)\]])?\.?$/u.exec(rest)?.[1];
  return unit !== undefined && isUnitAlone(unit) ? ` ${unit.trim()}` : "";
}

/** The paper's validity check as a state machine over the `tags` dialect. */
import type { Dialect, Span, Trajectory } from "@autotraj/core/plugin";
import { boxedFault } from "./boxed.ts";
import { isBlank, nextTag, type Tag } from "./tag-reader.ts";
import type { FormatRules, Violation } from "./violation.ts";

/** The first violation of a trajectory in `tags`. One pass; a tool's result is one unit, whatever tags its text holds. */
export function checkTags(trajectory: Trajectory, dialect: Dialect, rules: FormatRules): Violation | undefined {
  const machine = new TagMachine(
    trajectory.tools.flatMap(({ tag }) => (tag === undefined ? [] : [tag.name])),
    rules,
  );
  for (const [index, message] of trajectory.messages.entries()) {
    if (message.role === "assistant") machine.turn(dialect.text(message), { index, stored: message.text !== undefined });
    if (message.role === "tool") machine.result({ index, stored: true }, message.content.length);
    if (machine.violation !== undefined) break;
  }
  return machine.finish();
}

/** A message, and whether spans into its text mean something to a reader of the trajectory. */
interface Place {
  readonly index: number;
  readonly stored: boolean;
}

class TagMachine {
  readonly #toolTags: ReadonlySet<string>;
  readonly #known: ReadonlySet<string>;
  readonly #rules: FormatRules;
  /** Set once, by whatever is wrong first. */
  violation: Violation | undefined;
  #thinks = 0;
  #answered = false;
  /** The call that waits for its result. */
  #call: { readonly tag: string; readonly span: Span | undefined } | undefined;
  /** Something came after an answer: forgiven when another answer follows and the rules allow several. */
  #afterAnswer: Violation | undefined;

  constructor(toolTags: readonly string[], rules: FormatRules) {
    this.#toolTags = new Set(toolTags);
    this.#known = new Set(["think", "answer", "result", ...toolTags]);
    this.#rules = rules;
  }

  /** Reads one assistant turn. */
  turn(text: string, place: Place): void {
    let at = 0;
    while (this.violation === undefined) {
      const tag = nextTag(text, at);
      this.#outside(text.slice(at, tag?.start), at, place);
      if (tag === undefined || this.violation !== undefined) return;
      at = this.#block(text, tag, place);
    }
  }

  /** Takes a tool's result. */
  result({ index }: Place, length: number): void {
    const span = { message: index, start: 0, end: length };
    if (this.#call === undefined) this.#fail("a <result> that no call asked for", span);
    this.#call = undefined;
  }

  /** Nothing more comes. */
  finish(): Violation | undefined {
    this.violation ??= this.#afterAnswer;
    if (this.#call !== undefined) this.#fail(`<${this.#call.tag}> without a <result>`, this.#call.span);
    if (this.#thinks === 0) this.#fail("no <think>", undefined);
    if (!this.#answered) this.#fail("no <answer>", undefined);
    return this.violation;
  }

  /** Reads the block that a tag opens and returns where it ends. */
  #block(text: string, tag: Tag, place: Place): number {
    const span = spanOf(place, tag.start, tag.end);
    const { name } = tag;
    if (this.#answered) this.#late(name === "answer" && !tag.closing ? undefined : `${write(tag)} after </answer>`, span);
    if (!this.#known.has(name)) this.#fail(`unknown tag ${write(tag)}`, span);
    else if (tag.closing) this.#fail(`</${name}> without <${name}>`, span);
    else if (name === "result") this.#fail("the model wrote its own <result>", span);
    else if (this.#call !== undefined) this.#fail(`<${name}> before the <result> of <${this.#call.tag}>`, span);
    if (this.violation !== undefined) return text.length;
    return this.#toolTags.has(name) ? this.#toolCall(text, tag, place) : this.#prose(text, tag, place);
  }

  /** What a tool is given is taken as it stands: code may hold anything but its own closing tag. */
  #toolCall(text: string, tag: Tag, place: Place): number {
    const closing = `</${tag.name}>`;
    const end = text.indexOf(closing, tag.end);
    if (end < 0) return this.#fail(`<${tag.name}> is not closed`, spanOf(place, tag.start, tag.end));
    this.#call = { tag: tag.name, span: spanOf(place, tag.start, end + closing.length) };
    return end + closing.length;
  }

  /** Thinking or an answer: tags of the format may not occur inside, any other `<x>` is text. */
  #prose(text: string, open: Tag, place: Place): number {
    let inner = nextTag(text, open.end);
    while (inner !== undefined && !this.#known.has(inner.name)) inner = nextTag(text, inner.end);
    if (inner === undefined) return this.#fail(`<${open.name}> is not closed`, spanOf(place, open.start, open.end));
    if (inner.name !== open.name || !inner.closing) return this.#fail(`${write(inner)} inside <${open.name}>`, spanOf(place, inner.start, inner.end));
    if (open.name === "think") this.#thinks++;
    else this.#answer(text.slice(open.end, inner.start), spanOf(place, open.start, inner.end));
    return inner.end;
  }

  #answer(body: string, span: Span | undefined): void {
    if (this.#answered && this.#rules.answers === "one") this.#fail("more than one <answer>", span);
    const fault = this.#rules.requireBoxed ? boxedFault(body) : isBlank(body) ? "nothing" : undefined;
    if (fault !== undefined) this.#fail(`${fault} in <answer>`, span);
    this.#answered = true;
    this.#afterAnswer = undefined;
  }

  #outside(text: string, start: number, place: Place): void {
    if (isBlank(text)) return;
    const span = spanOf(place, start, start + text.length);
    if (this.#answered) this.#late("text after </answer>", span);
    else if (this.#rules.outsideText === "forbid") this.#fail("text outside the tags", span);
  }

  #late(what: string | undefined, span: Span | undefined): void {
    if (what === undefined) return;
    if (this.#rules.answers === "one") this.#fail(what, span);
    else this.#afterAnswer ??= violationOf(what, span);
  }

  /** Notes the first violation; the returned position ends the turn. */
  #fail(what: string, span: Span | undefined): number {
    this.violation ??= violationOf(what, span);
    return Number.POSITIVE_INFINITY;
  }
}

function violationOf(what: string, span: Span | undefined): Violation {
  return span === undefined ? { what } : { what, span: { ...span, note: what } };
}

function spanOf(place: Place, start: number, end: number): Span | undefined {
  return place.stored ? { message: place.index, start, end } : undefined;
}

function write(tag: Tag): string {
  return `<${tag.closing ? "/" : ""}${tag.name}>`;
}

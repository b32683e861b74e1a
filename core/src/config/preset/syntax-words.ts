/** What the parser of YAML says, in words for people who never read its specification: what is wrong, and how it is written. */
import type { YAMLError } from "yaml";

/** Beyond this a file is a mistake or an attack. */
export const DEEPEST = 100;
export const TOO_DEEP = `values are nested more than ${DEEPEST} deep; a preset is flatter`;

/** Mistakes that stand alone; whatever follows any other is most often its consequence. */
const ALONE: readonly YAMLError["code"][] = ["DUPLICATE_KEY", "TAG_RESOLVE_FAILED"];

/** The mistakes to tell: all up to the first by which the parser lost its way. In JSON that is the first. */
export function worthTelling(errors: readonly YAMLError[], schema: "core" | "json"): readonly YAMLError[] {
  const lost = schema === "json" ? 0 : errors.findIndex(({ code }) => !ALONE.includes(code));
  return lost < 0 ? errors : errors.slice(0, lost + 1);
}

/** @param before the sign before the place that the parser names */
export function inWords({ message }: YAMLError, schema: "core" | "json", before: string): string {
  if (before === "$") return "a variable of the environment is written { $env: NAME }, and a text with braces stands in quotes";
  // The parser goes down by recursion, and reports a full stack as an error of the text.
  if (message.startsWith("Maximum call stack size exceeded")) return TOO_DEEP;
  const words = schema === "core" ? YAML_WORDS : JSON_WORDS;
  const text = words.reduce((said, [parser, ours]) => said.replace(parser, ours), message);
  return schema === "core" ? text : `not JSON: ${text}`;
}

type Words = readonly (readonly [RegExp, string])[];

const YAML_WORDS: Words = [
  [/^Tabs are not allowed as indentation$/, "this line is indented with a tab; YAML takes spaces only"],
  [/^All mapping items must start at the same column$/, "this key is not indented like those beside it"],
  [/^All sequence items must start at the same column$/, "this item is not indented like those beside it"],
  [/^Implicit map keys need to be followed by map values$/, 'behind this key a colon and a space are missing, as in "key: value"'],
  [/^Plain value cannot start with .* (\S)$/, 'a text that begins with $1 stands in quotes, as in "$1…"'],
  [
    /^Nested mappings are not allowed in compact mappings$/,
    'a text with a colon and a space in it stands in quotes, as in "one: two"; a key begins its line',
  ],
  [/^Map keys must be unique$/, "this key stands twice in one place; keep one of the two"],
  [/^Missing closing (['"])quote$/, "this text has no closing $1"],
  [/^Missing ,(?: or :)? between .*$/, "before this a comma is missing"],
  [/^Flow (?:map|sequence) in block collection must be sufficiently indented and end with a (.)$/, "here a closing $1 is missing"],
  [/^(?:Flow|flow).* must end with a (.)$/, "here a closing $1 is missing"],
  [/^Block collections are not allowed within flow collections$/, "a comma is missing between two entries of { }"],
  [/^A block sequence may not be used as an implicit map key$/, "a list begins here where a key was expected"],
  [/^Implicit keys need to be on a single line$/, "a key with its colon must stand in one line"],
  [/^Source contains multiple documents.*$/s, "the file holds several documents (---); a preset is one"],
  [/^Unresolved tag: tag:yaml\.org,2002:/, "Unresolved tag: !!"],
  [/^Unresolved tag: (\S+)$/, "the tag $1 means nothing in a preset; write the plain value"],
  [/^With stringKeys, all keys must be strings$/, 'a key is a text, as in "key: value"; a list or an object cannot be one'],
  [/^Invalid escape sequence .*$/s, 'in double quotes a backslash stands twice, as in "C:\\\\data"; in single quotes it stands once'],
  [/^Comments must be separated from other tokens by white space characters$/, "before # a space is missing; a text that holds one stands in quotes"],
  [/^Missing space after : in .*$/, "behind this colon a space is missing"],
  [/^Unexpected (?:,|empty item) in .*$/, "a comma too many, or nothing before it"],
  [
    /^Unexpected (?:[\w-]+|[[\]{}]) (?:at node end|token|in) ?.*$/s,
    "this does not go with what stands before it: a comma, quotes or the end of a line are missing",
  ],
];

const JSON_WORDS: Words = [
  [/^Implicit keys need to be on a single line$/, "comma expected after this value"],
  [/^Unresolved plain scalar ""$/, "value expected"],
  // Without what stands there: it may be a secret.
  [/^Unresolved plain scalar .*$/s, "no number, true, false or null, and no text in double quotes"],
  [/^Map keys must be unique$/, "this key stands twice in one object"],
  [/^Unexpected [\w-]+ (?:at node end|token in YAML stream:.*)$/, "nothing was expected here"],
  [/ in block collection must be sufficiently indented and end/, " must end"],
  [/flow map/i, "object"],
  [/flow sequence/i, "list"],
];

/**
 * When a tool's result says that the call failed. One rule for every format: an object with an error in it, a traceback, an error's own line, a refusal,
 * an exit code, an HTTP status. A log that says so itself (`is_error`) is believed before its text.
 */

import { isJsonObject } from "../../kernel/json.ts";
import type { JsonObject, JsonValue } from "../../kernel/plugin.ts";
import { parseJson } from "../exact-json.ts";

const NUMBER = "[-+]?\\d+";
const NON_ZERO = "[-+]?(?!0+\\b)\\d+";
const EXCEPTION = "(?:[A-Za-z_][\\w.]{0,120}(?:Error|Exception)|KeyboardInterrupt|SystemExit|StopIteration)";

/** Anywhere in the text. */
const ANYWHERE: readonly RegExp[] = [
  /(?:^|\n)\s{0,8}Traceback \(most recent call last\)/,
  /(?:^|\n)(?:thread '[^'\n]{1,80}' )?panicked at |(?:^|\n)panic: |(?:^|\n)Segmentation fault\b/,
];

/** In the first lines or the last ones, where shells and notebooks report; in between, a text may speak of anything. */
const AT_EITHER_END: readonly RegExp[] = [
  new RegExp(
    `\\b(?:exit(?:ed)?|return(?:ed)?)(?: with)?(?: a)?(?: non-zero)?(?: exit)?[ _]?(?:code|status)(?: of)?[:= ]{1,3}${NON_ZERO}(?: \\([^()]{1,60}\\))?[\\])}>.:;]{0,3}\\s*$`,
    "i",
  ),
  /\breturned (?:a )?non-zero exit status\b/i,
];
const LINES_AT_AN_END = 4;

/** What some agents put before every result. */
const LABEL = /^(?:observation|output|result|tool (?:output|result)):\s{1,8}/i;

/** Brackets, emphasis, signs of alarm. */
const MARKS = /^(?:[[(<*\s]|\p{Extended_Pictographic}|✗|✘|\uFE0F){1,8}/u;

/** At the text's start, a label, white space and an opening bracket aside. */
const AT_START: readonly RegExp[] = [
  new RegExp(`^${EXCEPTION}\\b(?::|\\n|\\(|$)`),
  /^(?:fatal |internal |runtime |tool |api |execution |validation |server |client |http )?(?:error|exception|failure|fatal)(?: code)?(?: \d{1,5})?\s?[:!\]]/i,
  /^(?:error|exception|failure)(?:$|\.|\n|\s?\(| (?:while|when|during|executing|calling|running|invoking|parsing|processing|fetching|occurred|code)\b)/i,
  /^(?:(?:sorry|oops)[,!] )?an? (?:unexpected |internal |fatal |unknown )?(?:error|exception) (?:has )?occurred\b/i,
  /^there was an? (?:unexpected |internal |fatal |unknown )?(?:error|exception)\b/i,
  /^(?:tool[_-]?)?error>/i,
  /^(?:exception in thread|uncaught (?:\w{1,60}error|exception))\b/i,
  /^(?:oops|sorry)[,!.]{1,3} error:/i,
  /^(?:the )?(?:tool|function|command|request|execution|call|operation|query|action)(?: call| execution)? (?:has )?(?:failed|timed out|was refused|was rejected|is not available|does not exist)\b/i,
  /^failed to \w+/i,
  /^invalid (?:action|tool|arguments?|call|function|input|parameters?|json|request)\b/i,
  /^unknown (?:action|tool|function|command)\b/i,
  /^(?:call refused|the tool is not available|there is no tool)\b/i,
  /^(?:time-?out(?:error)?\b|timed out\b|request timed out\b|execution timed out\b|command timed out\b)/i,
  /^(?:http(?:\/\d(?:\.\d)?)?(?: error| status)?(?: code)?[: ]{1,2}|status(?: code)?[: ]{1,2})[45]\d\d\b/i,
  /^[45]\d\d (?:client error|server error|bad request|unauthorized|forbidden|not found|method not allowed|conflict|gone|too many requests|internal server error|bad gateway|service unavailable|gateway timeout)\b/i,
  /^\/?[\w./-]{1,60}: .{0,300}(?:command not found|no such file or directory|permission denied|is a directory|not a directory)\s*$/i,
];

/** As the text's last line: what is left of a traceback, or of a compiler. */
const LAST_LINE: readonly RegExp[] = [
  new RegExp(`^${EXCEPTION}: `),
  /^(?:\S{1,200}:\d+: )?(?:fatal )?error: /i,
  /^(?:g?make(?:\[\d+\])?: \*\*\* .{0,200}Error \d+|npm ERR! .{0,200})$/,
  new RegExp(`^\\[?(?:process )?exit(?:ed)?(?: with)?(?: code| status)?[:= ]{1,3}${NON_ZERO}\\]?\\.?$`, "i"),
];

/** Short texts that are this and nothing else. */
const WHOLE: readonly RegExp[] = [
  /^(?:error [45]\d\d|(?:permission|access) denied|rate limit exceeded|too many requests|internal server error|connection refused|unauthorized|forbidden|invalid api key|division by zero|cannot divide by zero|something went wrong|killed|aborted)[.!]?$/i,
  /^missing required (?:argument|parameter|field)s?\b[^\n]{0,80}$/i,
  /^(?:tool|function) (?:not found\b[^\n]{0,80}|\S{1,60} (?:is )?not (?:found|defined|available))[.!]?$/i,
  /^<?class '[\w.]{1,80}(?:Error|Exception)'>$/,
];
/** A dictionary as Python prints it. */
const PRINTED_ERROR = /^\{'(?:error|errors|exception|traceback)': (?!None\b|False\b|''|""|\[\]|\{\}|0[,}]|-?\d*\.\d)/;

const ERROR_FIELDS = ["error", "errors", "err", "error_message", "errorMessage", "exception", "traceback", "stacktrace"] as const;
const FLAGS_FALSE = ["success", "ok", "succeeded"] as const;
const FLAGS_TRUE = ["isError", "is_error", "failed", "hasError"] as const;
const CODES = ["exit_code", "exitCode", "returncode", "return_code", "exit_status"] as const;
const STATUSES = ["status_code", "statusCode", "http_status", "httpStatus", "status"] as const;

/** `error: 0.013` and `Error: none` are measurements and good news, not failures; `Error: 404` is one. */
const NO_ERROR =
  /^(?:[\w ]{0,30}\s)?(?:errors?|failures?|exceptions?)\s?(?:\([^()\n]{1,40}\)\s?)?[:=]\s?(?:none|null|no|false|n\/a|\[\]|\{\}|0|[-+]?\d{0,12}\.\d+(?:e[-+]?\d+)?|[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+|\s?%))\s*(?:$|\n|[,;|])/i;

/** Longer texts are looked at from both ends. */
const LOOKED_AT = 20_000;

/** True where the text says that the call failed; `more` are a preset's own patterns. */
export function saysFailed(content: string, more: readonly RegExp[] = []): boolean {
  const trimmed = content.trim();
  const text = trimmed.length <= 2 * LOOKED_AT ? trimmed : `${trimmed.slice(0, LOOKED_AT)}\n${trimmed.slice(-LOOKED_AT)}`;
  if (more.some((pattern) => pattern.test(text))) return true;
  const value = /^\[?\{/.test(trimmed) ? parsed(trimmed) : undefined;
  if (value !== undefined) return valueSaysFailed(value);
  const start = text.replace(LABEL, "").replace(MARKS, "");
  const lines = text.split("\n");
  const saysStart = !NO_ERROR.test(start) && AT_START.some((pattern) => pattern.test(start));
  const ends = [...lines.slice(0, LINES_AT_AN_END), ...lines.slice(-LINES_AT_AN_END)];
  const last = lines.at(-1) ?? "";
  return (
    ANYWHERE.some((pattern) => pattern.test(text)) ||
    saysStart ||
    WHOLE.some((pattern) => pattern.test(start.trim())) ||
    PRINTED_ERROR.test(trimmed) ||
    (!NO_ERROR.test(last) && LAST_LINE.some((pattern) => pattern.test(last))) ||
    AT_EITHER_END.some((pattern) => ends.some((line) => pattern.test(line)))
  );
}

/** A result that is JSON says it in its fields; a list, in those of its only element. */
function valueSaysFailed(whole: JsonValue): boolean {
  const value = Array.isArray(whole) && whole.length === 1 ? whole[0] : whole;
  if (!isJsonObject(value)) return false;
  return (
    ERROR_FIELDS.some((name) => saysError(value[name])) ||
    FLAGS_FALSE.some((name) => value[name] === false) ||
    FLAGS_TRUE.some((name) => value[name] === true) ||
    codesIn(value).some((code) => code !== 0) ||
    STATUSES.some((name) => statusSaysFailed(value[name], name)) ||
    (!saysSucceeded(value) && textSaysFailed(value))
  );
}

function saysSucceeded(value: JsonObject): boolean {
  return FLAGS_FALSE.some((name) => value[name] === true) || codesIn(value).includes(0);
}

/** Codes of exit, in the result or beside what it printed: `{"output": "…", "metadata": {"exit_code": 1}}`. */
function codesIn(value: JsonObject): readonly number[] {
  const places = [value, value["metadata"] ?? null].filter(isJsonObject);
  return places.flatMap((place) => CODES.flatMap((name) => (isNumber(place[name]) ? [Number(place[name])] : [])));
}

/** Nothing, false, an empty text or list, and words for none are no error. */
function saysError(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === false || value === 0) return false;
  // A measured one: `{"error": 0.02}`.
  if (typeof value === "number" && !Number.isInteger(value)) return false;
  if (typeof value === "string") return !/^(?:|none|null|no|false|0|n\/a|no error)$/i.test(value.trim());
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** Statuses of HTTP from 400 on, and words for them. */
function statusSaysFailed(value: JsonValue | undefined, name: string): boolean {
  if (typeof value === "string" && !isNumber(value))
    return name === "status" && /^(?:error|failed|failure|fail|timeout|exception)$/i.test(value.trim());
  return isNumber(value) && Number(value) >= 400 && Number(value) < 600;
}

/** The one text of a wrapped result (`{"output": "Traceback …"}`, MCP's content list) decides as a text would. */
function textSaysFailed(value: JsonObject): boolean {
  const { output, result, stdout, content, text, message, stderr } = value;
  const [only, ...others] = [output, result, stdout, textOf(content), text, message].filter((one) => one !== undefined && one !== "");
  if (only === undefined) return typeof stderr === "string" && saysFailed(stderr);
  return others.length === 0 && typeof only === "string" && !/^\s*[{[]/.test(only) && saysFailed(only);
}

/** MCP's `[{"type": "text", "text": "…"}]` is its one text. */
function textOf(content: JsonValue | undefined): JsonValue | undefined {
  const only = Array.isArray(content) && content.length === 1 ? content[0] : undefined;
  return isJsonObject(only) && only["type"] === "text" ? only["text"] : content;
}

function isNumber(value: JsonValue | undefined): boolean {
  return typeof value === "number" || (typeof value === "string" && new RegExp(`^${NUMBER}$`).test(value.trim()));
}

function parsed(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

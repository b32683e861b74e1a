/** When LangSmith's runs began and ended. */
import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { scalarText } from "@autotraj/core/rows";

/** Digits of year to microsecond, which sort by time; "" where it is not said. */
export function startOf(run: JsonObject): string {
  const own = (scalarText(run["dotted_order"]) ?? "").split(".").at(-1) ?? "";
  const ordered = /^\d{8}T\d{6,18}Z/.exec(own)?.[0] ?? "";
  return ordered === "" ? digits(run["start_time"]) : padded(ordered);
}

export function endOf(run: JsonObject): string {
  return digits(run["end_time"]);
}

export function millisecondsOf(run: JsonObject): number | undefined {
  const [start, end] = [momentOf(run["start_time"]), momentOf(run["end_time"])];
  return start === undefined || end === undefined || end < start ? undefined : end - start;
}

function digits(time: JsonValue | undefined): string {
  const text = scalarText(time) ?? "";
  // In UTC the text itself says more than a date of milliseconds does.
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|\+00:?00)?$/.test(text)) return padded(text.replace(/\+00:?00$/, ""));
  const moment = momentOf(time);
  return moment === undefined ? "" : padded(new Date(moment).toISOString());
}

/** Times without a zone are UTC, as LangSmith's are. */
function momentOf(time: JsonValue | undefined): number | undefined {
  if (typeof time === "number") return Number.isFinite(new Date(time).getTime()) ? time : undefined;
  if (typeof time !== "string" || time === "") return undefined;
  const moment = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(time) ? time : `${time}Z`);
  return Number.isNaN(moment) ? undefined : moment;
}

function padded(text: string): string {
  return text.replace(/\D/g, "").padEnd(20, "0").slice(0, 20);
}

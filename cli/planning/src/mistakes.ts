/** All that is wrong with a preset as one error, whichever phase found it; what only follows from another mistake is left out. */
import { AutoTrajError, type ErrorCode, isAutoTrajError, messageOf } from "@autotraj/core";

/** One as it is; several as one that lists them, each with its code where it is not one of a list already. */
export function asOne(preset: string, mistakes: readonly unknown[]): unknown {
  const [first, ...others] = mistakes;
  if (first === undefined || others.length === 0 || !mistakes.every(isAutoTrajError)) return mistakes.find((one) => !isAutoTrajError(one)) ?? first;
  const codes = new Set(mistakes.map(({ code }) => code));
  const lines = mistakes.map(linesOf);
  const count = mistakes.reduce(
    (sum, error, index) => sum + (isList(error) ? (error.parts.details?.length ?? 1) : Math.sign(lines[index]?.length ?? 0)),
    0,
  );
  return new AutoTrajError(codes.size === 1 ? (first as AutoTrajError).code : "ATRAJ_PRESET_INVALID", {
    who: `preset "${preset}"`,
    what: `${count} mistakes.`,
    details: lines.flat(),
  });
}

/** Whoever fills dimensions, taps or trains may be among the plugins that could not be used. */
const MAY_FOLLOW: readonly ErrorCode[] = ["ATRAJ_DIMENSION_MISSING", "ATRAJ_ORDER_UNKNOWN", "ATRAJ_TRAINER_MISSING"];

/** Without what only follows from others. @param broken ids of the plugins that could not be used, for a reason that is among the mistakes */
export function ownMistakes(mistakes: readonly unknown[], broken: ReadonlySet<string>): readonly unknown[] {
  const told = mistakes.flatMap((error) => (isAutoTrajError(error) && isList(error) ? (error.parts.details ?? []) : []));
  return mistakes.filter((error) => !isAutoTrajError(error) || (!follows(error, broken) && !isTold(error, told)));
}

/** Of other plugins than its own: what a plugin does wrong itself follows from nothing. */
function follows({ code, parts: { plugin, what } }: AutoTrajError, broken: ReadonlySet<string>): boolean {
  const others = [...broken].filter((id) => id !== plugin);
  if (others.length === 0) return false;
  if (code !== "ATRAJ_SERVICE_MISSING") return MAY_FOLLOW.includes(code);
  return what.includes("no plugin of the preset provides one") || others.some((id) => what.includes(`"${id}";`));
}

/** A setting that names nothing that is there is told when it is read, with its line. */
function isTold({ code, parts: { who } }: AutoTrajError, told: readonly string[]): boolean {
  return code === "ATRAJ_SERVICE_MISSING" && told.some((line) => line.startsWith(`${who} is `));
}

/** Lists whose lines stand for themselves: each has its key path and place. */
const LISTS: readonly ErrorCode[] = ["ATRAJ_OPTIONS_INVALID", "ATRAJ_SECRET_LITERAL", "ATRAJ_SECRET_MISSING", "ATRAJ_STAGE_INPUT"];

function isList({ code, parts }: AutoTrajError): boolean {
  return (parts.details ?? []).length > 0 && (LISTS.includes(code) || parts.who.startsWith("preset "));
}

/** A mistake as lines of a list; what belongs to the line before begins with blanks. */
export function linesOf(error: AutoTrajError): readonly string[] {
  const { details = [], hint } = error.parts;
  if (isList(error)) return [...details, ...(hint === undefined ? [] : [`  ${hint}`])];
  return messageOf(error).split("\n");
}

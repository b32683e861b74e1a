/** `config print`: the resolved preset, every value with the place that set it. */
import { type JsonObject, type JsonValue, type Path, type Place, pathText, placeText, type ResolvedPreset } from "@autotraj/core";

interface Line {
  readonly text: string;
  readonly note: string;
}

/** Notes stand in one column, so that they fit a terminal too; a value longer than this pushes its own note out. */
const WIDEST_COLUMN = 56;

/** YAML with comments. Secrets show as `<from NAME>`, places relative to `cwd`. */
export function explainPreset(resolved: ResolvedPreset, cwd: string = process.cwd()): string {
  const names = shortNames(resolved.layers.map(({ file }) => placeText({ file, line: 0 }, cwd)));
  const placed = (place: Place) => {
    const whole = placeText({ file: place.file, line: 0 }, cwd);
    return placeText({ ...place, file: names.get(whole) ?? whole }, cwd);
  };
  const lines = linesOf(resolved.redacted(), [], { ...resolved, placed });
  const widths = lines.filter((line) => line.note !== "").map(({ text }) => text.length);
  const column = Math.max(0, ...widths.filter((width) => width <= WIDEST_COLUMN));
  const head = [
    `# ${resolved.name}, made from (later ones win):`,
    ...[...names].map(([whole, short]) => `#   ${whole === short ? whole : `${short}: ${whole}`}`),
  ];
  return [...head, ...lines.map((line) => (line.note === "" ? line.text : `${line.text.padEnd(column)}  # ${line.note}`)), ""].join("\n");
}

/** Of each file as much of its path, from the end, as tells it from the others; what is short already stays. */
function shortNames(files: readonly string[]): ReadonlyMap<string, string> {
  const tail = (file: string, parts: number) => file.split("/").slice(-parts).join("/");
  const short = (file: string) => {
    let parts = 1;
    while (tail(file, parts) !== file && files.some((other) => other !== file && tail(other, parts) === tail(file, parts))) parts++;
    return tail(file, parts);
  };
  return new Map(files.map((file) => [file, file.startsWith("/") ? short(file) : file]));
}

type Sources = Pick<ResolvedPreset, "originOf" | "removed"> & { placed(place: Place): string };

/** What is taken back and has no default stands last in its block. */
function linesOf(block: JsonObject, path: Path, sources: Sources): Line[] {
  const start = (key: string) => `${"  ".repeat(path.length)}${yamlKey(key)}:`;
  const shown = Object.entries(block).flatMap(([key, value]) => written(start(key), value, [...path, key], sources));
  const gone = sources.removed.flatMap(({ path: inner, by, at }) => {
    const key = String(inner.at(-1));
    const isHere = pathText(inner) === pathText([...path, key]) && !Object.hasOwn(block, key);
    return isHere ? [{ text: `${start(key)} ${by}`, note: sources.placed(at) }] : [];
  });
  return [...shown, ...gone];
}

function written(start: string, value: JsonValue, path: Path, sources: Sources): Line[] {
  const taken = sources.removed.find((one) => pathText(one.path) === pathText(path));
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  const inner = isObject ? linesOf(value, path, sources) : [];
  const back = taken === undefined ? "" : `null: ${sources.placed(taken.at)}`;
  if (inner.length > 0) return [{ text: start, note: back }, ...inner];
  const setAt = sources.originOf(pathText(path));
  const unset = back === "" ? "default" : `default (${back})`;
  return [{ text: `${start} ${inline(value)}`, note: setAt === undefined ? unset : sources.placed(setAt) }];
}

/** JSON is YAML; words that cannot be anything else go without quotes. */
function inline(value: JsonValue): string {
  if (typeof value !== "string") return JSON.stringify(value);
  const isWord = /^[A-Za-z./][\w./@-]*$/.test(value) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value);
  return isWord ? value : JSON.stringify(value);
}

function yamlKey(key: string): string {
  return /^[A-Za-z_$][\w$-]*$/.test(key) ? key : JSON.stringify(key);
}

/** Secrets stand in a preset only as `{ $env: NAME }` or `{ $file: path }`, and are written nowhere in what is kept of one. `redaction.ts` hides their values. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { ErrorCode } from "../../kernel/errors.ts";
import type { JsonValue } from "../../kernel/plugin.ts";
import { type Path, pathText } from "../../messages/place.ts";
import type { Located, LocatedObject, Place } from "./located.ts";
import type { Problem } from "./problems.ts";

export interface ResolvedOptions {
  readonly value: JsonValue;
  /** Secret values, for redaction. A `default` is in the file for all to read and is none. */
  readonly secrets: readonly string[];
  /** Key paths from the options' root whose values are written nowhere in the preset. */
  readonly secretPaths: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

/** A value that is to come from outside and is not there. */
export interface AbsentValue {
  /** Key path. */
  readonly path: string;
  /** The variable or file. */
  readonly from: string;
  /** One sentence, for people. */
  readonly text: string;
  readonly at: Place;
}

/** Where a preset is only looked at, what is not there: something stands in for it, and this is told of it. */
export type Absent = (value: AbsentValue) => void;

/** A text that passes for a name, a key and an address, and reaches nobody. */
const STAND_IN = "http://absent.invalid/";

interface SecretSource {
  readonly kind: "env" | "file";
  readonly name: string;
  readonly fallback?: string;
}
interface SecretMistake {
  readonly code: ErrorCode;
  readonly text: string;
}

/** However it is written: `$Env` is reported, and no option. */
const MARKS = /^\$(?:env|file)$/i;
/** What a shell would fill in. */
const SHELL_VARIABLE = /^\$\{?([A-Z_][A-Z0-9_]*)\}?$/;

export function isSecretReference(node: Located): boolean {
  return node.kind === "object" && [...node.entries.keys()].some((key) => MARKS.test(key));
}

/** Options with their secrets filled in. `prefix` is the key path of the options, for messages. */
export function resolveSecrets(options: Located, prefix: Path, env: NodeJS.ProcessEnv, absent?: Absent): ResolvedOptions {
  const secrets: string[] = [];
  const secretPaths = new Set<string>();
  const problems: Problem[] = [];
  const walk = (node: Located, path: Path): JsonValue => {
    if (node.kind === "scalar") {
      const [, variable] = SHELL_VARIABLE.exec(String(node.value)) ?? [];
      const text = `${pathText([...prefix, ...path])} is the text "${node.value}". A variable of the environment is written { $env: ${variable} }.`;
      if (variable !== undefined) problems.push({ code: "ATRAJ_PRESET_INVALID", text, at: node.at });
      return node.value;
    }
    if (node.kind === "array") return node.items.map((item, index) => walk(item, [...path, index]));
    if (!isSecretReference(node)) return Object.fromEntries([...node.entries].map(([key, child]) => [key, walk(child, [...path, key])]));
    const source = sourceOf(node);
    const value = "code" in source ? source : read(source, node.at.folder, env);
    if (typeof value !== "string") {
      const whole = pathText([...prefix, ...path]);
      const problem = { code: value.code, text: `${whole} ${value.text}`, at: node.at };
      if (absent === undefined || !("name" in source) || value.code !== "ATRAJ_SECRET_MISSING") {
        problems.push(problem);
        return "";
      }
      absent({ ...problem, path: whole, from: source.name });
      secretPaths.add(pathText(path));
      return `${STAND_IN}${source.name}`;
    }
    const { fallback = "" } = source as SecretSource;
    if (value !== fallback) secrets.push(value);
    if (fallback === "") secretPaths.add(pathText(path));
    return value;
  };
  return { value: walk(options, []), secrets, secretPaths, problems };
}

/** Options as they may be shown: `<from NAME>` in place of every secret. */
export function redactReferences(options: JsonValue): JsonValue {
  if (typeof options !== "object" || options === null) return options;
  if (Array.isArray(options)) return options.map(redactReferences);
  const name = options["$env"] ?? options["$file"];
  if (name !== undefined) return `<from ${String(name)}>`;
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [key, redactReferences(value)]));
}

function sourceOf(node: LocatedObject): SecretSource | SecretMistake {
  const misspelt = [...node.entries.keys()].find((key) => MARKS.test(key) && key !== key.toLowerCase());
  if (misspelt !== undefined) return invalid(`has "${misspelt}"; write ${misspelt.toLowerCase()}.`);
  const kind = node.entries.has("$env") ? "env" : "file";
  const allowed = kind === "env" ? ["$env", "default"] : ["$file"];
  const extra = [...node.entries.keys()].find((key) => !allowed.includes(key));
  if (extra !== undefined) return invalid(`has "${extra}" beside $${kind}; only ${kind === "env" ? '"default" may' : "nothing may"} stand there.`);
  const name = textOf(node, `$${kind}`);
  if (name === undefined || name === "")
    return invalid(`needs ${kind === "env" ? "the name of an environment variable in $env" : "a path in $file"}.`);
  if (!node.entries.has("default")) return { kind, name };
  const fallback = textOf(node, "default");
  return fallback === undefined ? invalid("has a default that is not a string; environment variables are strings.") : { kind, name, fallback };
}

function read({ kind, name, fallback }: SecretSource, folder: string, env: NodeJS.ProcessEnv): string | SecretMistake {
  if (kind === "env")
    return (
      env[name] ||
      (fallback ??
        missing(
          `takes its value from the environment variable ${name}, which is ${name in env ? "empty" : "not set"}. Set it in the shell that starts the command (export ${name}=…).`,
        ))
    );
  const file = resolve(folder, name);
  try {
    // Editors and `echo` end a file with a newline that is no part of the secret.
    const value = readFileSync(file, "utf8").replace(/\r?\n$/, "");
    return value === "" ? missing(`takes its value from the file ${name}, which is empty.`) : value;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "is not there" : code === "EISDIR" ? "is a folder" : `cannot be read (${code})`;
    return missing(`takes its value from the file ${name}, which ${why}: ${file}. Write the secret there, or correct the path.`);
  }
}

function textOf(node: LocatedObject, key: string): string | undefined {
  const child = node.entries.get(key);
  return child?.kind === "scalar" && typeof child.value === "string" ? child.value : undefined;
}

function invalid(text: string): SecretMistake {
  return { code: "ATRAJ_PRESET_INVALID", text };
}
function missing(text: string): SecretMistake {
  return { code: "ATRAJ_SECRET_MISSING", text };
}

/** `plugin test`: does a plugin keep what its kind owes? No test file and no set-up of its author's is needed. */
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { type JsonObject, messageOf, whyUnreadable } from "@autotraj/core";
import type { CheckResult } from "@autotraj/testkit";
import { Misused, watched } from "../conformance/watched.ts";
import { conformanceText } from "../display/conformance.ts";
import { print, printJson } from "../display/terminal.ts";
import { text, usage } from "../options.ts";

const WHO = "plugin test";
/** The kit's check of it. */
const SET_UP = "is set up with its options";

export const TEST_OPTIONS = {
  options: text('plugin test: its options, as JSON ({"longest": 10}) or a JSON file'),
  cases: text("plugin test: a module whose default export says what it is asked: questions, calls, services, …"),
  network: { type: "boolean", default: false, describe: "plugin test: start and ask plugins that need a network, which may cost money" },
} as const;

interface TestArguments {
  readonly options: string | undefined;
  readonly cases: string | undefined;
  readonly network: boolean;
  readonly json: boolean;
}

/** Sets the exit code: 1 where a check has failed. @throws ATRAJ_USAGE */
export async function testPlugin(plugin: string, { options, cases, network, json }: TestArguments): Promise<void> {
  const cwd = process.cwd();
  if (/^[./]/.test(plugin) && !existsSync(resolve(cwd, plugin)))
    throw usage(WHO, `there is no file or folder ${isAbsolute(plugin) ? plugin : resolve(cwd, plugin)}.`);
  if (cases !== undefined && !existsSync(resolve(cwd, cases))) throw usage(WHO, `--cases ${cases}: there is no such file.`);
  try {
    const tried = await watched({
      ...{ plugin, cwd, network: network ? "allowed" : "refused" },
      ...(options === undefined ? {} : { options: optionsFrom(options) }),
      ...(cases === undefined ? {} : { cases }),
    });
    if (json) printJson({ ...tried.report, notes: tried.notes });
    else print([conformanceText(tried), ...(options === undefined && cases === undefined ? aboutOptions(tried.report.results) : [])].join("\n"));
    if (!tried.report.ok) process.exitCode = 1;
  } catch (error) {
    if (error instanceof Misused) throw usage(WHO, `--cases: ${error.message}`);
    throw error;
  }
}

/** Many plugins cannot be set up by their defaults alone. */
function aboutOptions(results: readonly CheckResult[]): readonly string[] {
  const isAmiss = results.some(({ name, outcome }) => name === SET_UP && outcome === "failed");
  return isAmiss
    ? ["It was tried without options of its own: --options '{…}' or a JSON file gives some, --cases a module with all that it is asked."]
    : [];
}

function optionsFrom(given: string): JsonObject {
  try {
    const value = JSON.parse(given.trimStart().startsWith("{") ? given : readFileSync(given, "utf8")) as unknown;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch (error) {
    const why = error instanceof SyntaxError ? messageOf(error) : whyUnreadable(error);
    throw usage(WHO, `--options ${given}: ${why}.`, "Give JSON, as --options '{\"longest\": 10}', or a file of it.");
  }
  throw usage(WHO, "--options holds no object.", "Give JSON, as --options '{\"longest\": 10}', or a file of it.");
}

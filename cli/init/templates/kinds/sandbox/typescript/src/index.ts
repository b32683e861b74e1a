/** A sandbox runs code that a model wrote. Whatever the code does is a result; a sandbox throws only when it fails itself. */
import { definePlugin, SANDBOX, type Sandbox } from "@autotraj/core/plugin";
import { runProgram } from "./program.ts";
import { brokenPromise } from "./promises.ts";

interface Options {
  readonly command: readonly string[];
  readonly longest: number;
}

const CONTAINER = [
  "docker",
  "run",
  "--rm",
  "-i",
  "--network",
  "none",
  "--memory",
  "{memoryMiB}m",
  "--pids-limit",
  "64",
  "--cap-drop",
  "ALL",
];
const PYTHON = ["python:3.13-slim", "timeout", "-s", "KILL", "{seconds}", "python3", "-"];

export default definePlugin<Options>({
  meta: {
    name: "{{package}}",
    apiVersion: 1,
    kind: "sandbox",
    description: "{{description}}",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        command: {
          type: "array",
          items: { type: "string" },
          minItems: 1,
          default: [...CONTAINER, ...PYTHON],
          description:
            "Program and arguments that run the Python code given on standard input; {seconds} and {memoryMiB} are filled in.",
        },
        longest: { type: "integer", minimum: 1, default: 65_536, description: "Characters of output that are kept." },
      },
    },
    provides: [SANDBOX],
    supports: { sessions: false, network: false, deterministic: false },
  },
  setup(api, { command, longest }) {
    const execute: Sandbox["execute"] = (request, { signal }) => runProgram(command, request, longest, signal);
    let tested: ReturnType<Sandbox["selfTest"]> | undefined;
    api.provide(SANDBOX, {
      // Recorded with every result.
      isolation: "{{name}}",
      // `isolation: auto` takes the strongest that passes its self-test; bwrap is 3.
      strength: 2,
      packages: [],
      sessions: false,
      selfTest() {
        tested ??= brokenPromise(execute).then((reason) =>
          reason === undefined ? { ok: true } : { ok: false, reason },
        );
        return tested;
      },
      execute,
    });
  },
});

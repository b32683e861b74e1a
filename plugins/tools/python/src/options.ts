import type { OptionsSchema } from "@autotraj/core/plugin";

export interface PythonToolOptions {
  /** `auto`: the strongest sandbox of the preset that passes its self-test, never one without isolation. Else an isolation's name or a sandbox's preset id. */
  readonly isolation: string;
  /** `none`: each call starts fresh. `session`: variables stay within a trajectory. */
  readonly stateful: "none" | "session";
  readonly timeoutMs: number;
  readonly memoryMiB: number;
  /** Characters of output shown to the model; 0 shows all that the sandbox kept. The paper's code shows 400. */
  readonly maxOutputChars: number;
  readonly name: string;
  readonly tagName: string;
}

export const OPTIONS: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    isolation: {
      type: "string",
      minLength: 1,
      default: "auto",
      description:
        "auto: the strongest sandbox of the preset that passes its self-test. Or an isolation's name (bwrap, pyodide, none) or a sandbox's preset id.",
    },
    stateful: {
      enum: ["none", "session"],
      default: "none",
      description: "none: each call starts fresh. session: variables stay within a trajectory.",
    },
    timeoutMs: { type: "integer", minimum: 100, default: 5000, description: "Wall-clock time of one call." },
    memoryMiB: { type: "integer", minimum: 64, default: 1024, description: "Memory of one call." },
    maxOutputChars: {
      type: "integer",
      minimum: 0,
      default: 2000,
      description: "Characters of output shown to the model; 0 shows all that the sandbox kept (64 KiB).",
    },
    name: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_-]*$", default: "python", description: "The tool's name in the native dialect." },
    tagName: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_-]*$", default: "code", description: "The tool's tag in the tags dialect." },
  },
};

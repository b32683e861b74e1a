import type { OptionsSchema } from "@autotraj/core/plugin";

export interface OtelTrackerOptions {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: "protobuf" | "json";
  readonly content: boolean;
  readonly traces: "run" | "question";
  readonly serviceName: string;
  readonly resource: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export const OPTIONS_SCHEMA: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    endpoint: {
      type: "string",
      pattern: "^https?://",
      default: "http://localhost:4318/v1/traces",
      description: "Where traces are posted: the whole address, which with most servers ends in `/v1/traces`.",
    },
    headers: {
      type: "object",
      additionalProperties: { type: "string" },
      default: {},
      description: "Sent with every request. Write secret values as `{ $env: NAME }`.",
    },
    protocol: {
      type: "string",
      enum: ["protobuf", "json"],
      default: "protobuf",
      description: "How traces are written: `protobuf`, which every server takes, or `json`.",
    },
    content: {
      type: "boolean",
      default: false,
      description: "Also send texts: prompts, answers, arguments and results of tools, reasons of scores and verdicts.",
    },
    traces: {
      type: "string",
      enum: ["run", "question"],
      default: "run",
      description: "What is one trace: the `run`, or each `question` of it with a link to the run, for servers that show no trace of 10,000 spans.",
    },
    serviceName: { type: "string", minLength: 1, default: "autotraj", description: "The resource's `service.name`." },
    resource: {
      type: "object",
      additionalProperties: { type: "string" },
      default: {},
      description: "Further attributes of the resource, such as `openinference.project.name` for Phoenix.",
    },
    timeoutMs: {
      type: "integer",
      minimum: 100,
      maximum: 25000,
      default: 8000,
      description: "How long one request may take with its retries, in milliseconds. Above 10,000 the last spans of a run may be lost.",
    },
  },
};

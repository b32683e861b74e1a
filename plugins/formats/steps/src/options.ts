/** The plugin's options and their schema. */
import type { OptionsSchema } from "@autotraj/core/plugin";

/** Where things stand in a row; a name that no row has is no error but for `question` and `steps`. */
export interface FieldNames {
  readonly id: string;
  readonly question: string;
  /** What belongs to the question but is told apart from it (the choices of a multiple-choice question). */
  readonly preamble: string;
  readonly questionId: string;
  /** Undefined: the first of the usual names that the row has. */
  readonly answers?: string;
  readonly task: string;
  readonly model: string;
  readonly system: string;
  readonly tools: string;
  readonly steps: string;
  readonly thought: string;
  readonly tool: string;
  readonly input: string;
  readonly observation: string;
  readonly finishThought: string;
  readonly final: string;
  readonly prediction: string;
}

/** How a tool of the log is described to a model. Every part has a default. */
export interface ToolOptions {
  readonly argument?: string;
  readonly description?: string;
  readonly tag?: string;
}

export interface StepsOptions {
  readonly fields: FieldNames;
  readonly tools: Readonly<Record<string, ToolOptions>>;
  /** Tools that every trajectory lists, whether it used them or not. */
  readonly offered: readonly string[];
  /** Calls the recorded agent was allowed; 0: not known. */
  readonly toolLimit: number;
  readonly system: string;
  readonly task: string;
  readonly leaveOut: readonly string[];
}

const TAG = "^[A-Za-z][A-Za-z0-9_-]*$";

const field = (name: string, description: string) => ({ type: "string", minLength: 1, default: name, description });

export const OPTIONS: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    fields: {
      type: "object",
      additionalProperties: false,
      default: {},
      description: "The names of the row's fields, and of a step's, where they differ.",
      properties: {
        id: field("id", "The row's own id."),
        question: field("question", "The question."),
        preamble: field("preamble", "What belongs to the question but is told apart from it, as the choices: put below it."),
        questionId: field("question_id", "The question's id; where there is none, a hash of question and answers."),
        answers: {
          type: "string",
          minLength: 1,
          description:
            "The accepted answers, a list or one. Default: the first of gold, answers, answer, expected, expected_answer, ground_truth, reference_answer.",
        },
        task: field("task", "The kind of question."),
        model: field("model", "The model that wrote the run."),
        system: field("system", "The system message; where there is none, the option `system`."),
        tools: field("tools", "The tools it was offered, as definitions or names; where there is none, those it used and the option `offered`."),
        steps: field("steps", "The list of steps."),
        thought: field("thought", "In a step: what the model thought."),
        tool: field("tool", "In a step: the tool's name."),
        input: field("input", "In a step: what the tool was given."),
        observation: field("observation", "In a step: what the tool answered."),
        finishThought: field("finish_thought", "What the model thought before its last words."),
        final: field("final", "The model's last words."),
        prediction: field("pred", "The answer as the recording's own evaluation read it."),
      },
    },
    tools: {
      type: "object",
      default: {},
      description: "How the log's tools are described, by name: { browse: { argument: url, description: Opens a page. } }.",
      additionalProperties: {
        type: "object",
        additionalProperties: false,
        properties: {
          argument: {
            type: "string",
            minLength: 1,
            description: "The argument that a step's input fills. Default input (python: code, search: query, …).",
          },
          description: { type: "string", description: "What the model is told of it. Default: none, but for the tools known by heart." },
          tag: { type: "string", pattern: TAG, description: "Its tag in the tags dialect. Default: its name (python: code)." },
        },
      },
    },
    offered: {
      type: "array",
      items: { type: "string", minLength: 1 },
      default: [],
      description: "Tools that every trajectory lists, whether it used them or not. Those it used are listed in any case.",
    },
    toolLimit: {
      type: "integer",
      minimum: 0,
      default: 0,
      description: "Calls the recorded agent was allowed: a run of that many without last words ended with tool-limit. 0: not known.",
    },
    system: { type: "string", default: "", description: "Put before every question as the system message. Empty: none." },
    task: { type: "string", default: "", description: "The task of rows that name none. Empty: none." },
    leaveOut: {
      type: "array",
      items: { type: "string", minLength: 1 },
      default: ["raw"],
      description: "Fields that are not kept in provenance.notes.",
    },
  },
};

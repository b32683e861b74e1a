/** Asks on a terminal for what was not given. Whoever breaks off is given undefined, and nothing is written. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import { select, text } from "@clack/prompts";
import { LANGUAGES, type Language, PLUGIN_TEMPLATES, type PluginTemplate, pluginNameProblem } from "./plugin.ts";
import { endpointProblem, type NewPreset } from "./preset.ts";
import { STARTS, type Start, type StartName } from "./starts.ts";

/** Where it is asked. Default: the process's own. */
export interface Terminal {
  readonly input?: Readable;
  readonly output?: Writable;
}

type Given<T> = { readonly [K in keyof T]?: T[K] | undefined };

export async function askForPreset(given: Given<NewPreset> & Pick<NewPreset, "cwd">, terminal: Terminal = {}): Promise<NewPreset | undefined> {
  const ask = new Asker(terminal);
  const start = given.start ?? (await ask.choice<StartName>("What do you begin with?", startChoices()));
  if (start === undefined) return undefined;
  const { from, endpoint: usual, model: usualModel }: Start = STARTS[start];
  const folder = given.folder ?? (await ask.text("Folder for the preset", "."));
  const endpoint = given.endpoint ?? (usual === undefined ? undefined : await ask.text("The server's address", usual, sentence(endpointProblem)));
  const model = given.model ?? (usualModel === undefined ? undefined : await ask.text("The model's name there", usualModel));
  const data = from === "model" ? "questions" : "logs";
  const file = given[data] ?? (await ask.text(`A file of your own ${data} (leave it empty for samples)`, "", fileProblem(given.cwd)));
  if (ask.cancelled || folder === undefined) return undefined;
  return { ...given, start, folder, endpoint, model, [data]: file === "" ? undefined : file };
}

export interface PluginChoice {
  readonly kind: PluginTemplate;
  readonly name: string;
  readonly language: Language;
}

export async function askForPlugin(given: Given<PluginChoice>, terminal: Terminal = {}): Promise<PluginChoice | undefined> {
  const ask = new Asker(terminal);
  const kinds = PLUGIN_TEMPLATES.map((kind) => ({ value: kind, label: kind }));
  const kind = given.kind ?? (await ask.choice<PluginTemplate>("What is it?", kinds));
  const name = given.name ?? (await ask.text(`Its name, behind autotraj-${kind}-`, "", sentence(pluginNameProblem)));
  const languages = (["ts", "js"] as const).map((language) => ({ value: language, label: LANGUAGES[language] }));
  const language = given.language ?? (await ask.choice<Language>("Written in", languages));
  if (ask.cancelled || kind === undefined || name === undefined || language === undefined) return undefined;
  return { kind, name, language };
}

interface Choice<T> {
  readonly value: T;
  readonly label: string;
  readonly hint?: string;
}

/** Once a question has been broken off, no other is put. */
class Asker {
  readonly #terminal: Terminal;
  cancelled = false;
  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  async choice<T extends string>(message: string, choices: readonly Choice<T>[]): Promise<T | undefined> {
    if (this.cancelled) return undefined;
    return this.#answered(await select<string>({ message, options: [...choices], ...this.#terminal })) as T | undefined;
  }

  /** @param usual what an empty answer means */
  async text(message: string, usual: string, problem?: (answer: string) => string | undefined): Promise<string | undefined> {
    if (this.cancelled) return undefined;
    const validate = (answer = "") => problem?.(answer === "" ? usual : answer);
    const shown = usual === "" ? {} : { placeholder: usual, defaultValue: usual };
    return this.#answered(await text({ message, validate, ...shown, ...this.#terminal }));
  }

  /** A symbol stands for Ctrl-C and Escape. */
  #answered(answer: string | symbol): string | undefined {
    if (typeof answer === "string") return answer;
    this.cancelled = true;
    return undefined;
  }
}

function startChoices(): readonly Choice<StartName>[] {
  return Object.entries(STARTS).map(([name, { title, hint }]) => ({ value: name as StartName, label: title, hint }));
}

const sentence = (problem: (text: string) => string | undefined) => (answer: string) => {
  const found = problem(answer);
  return found === undefined ? undefined : `It ${found}.`;
};

const fileProblem = (cwd: string) => (answer: string) =>
  answer === "" || existsSync(resolve(cwd, answer)) ? undefined : `There is no file ${answer}.`;

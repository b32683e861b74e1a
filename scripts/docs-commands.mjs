/** docs/reference/commands.md: what each command takes, as its builder declares it to yargs. */
import { globSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { cell, code, generated, lines } from "./docs-text.mjs";
import { root } from "./process.mjs";

/** All that the files of the command line export, in the order of their names. */
export async function declaredCommands() {
  const files = globSync("cli/src/commands/*.ts", { cwd: root }).sort();
  const built = files.map((file) => join(root, file.replace("/src/", "/dist/").replace(/\.ts$/, ".js")));
  const modules = await Promise.all(built.map((file) => import(pathToFileURL(file).href)));
  const commands = modules
    .flatMap(Object.values)
    .filter((value) => typeof value === "object" && value !== null && "builder" in value && "command" in value);
  return commands.map(declared).sort((a, b) => a.command.localeCompare(b.command, "en"));
}

/** A builder is called with what writes down what it is told, in yargs's place. */
function declared({ command, describe, builder, answers = [] }) {
  const [positionals, options, examples, inner] = [[], [], [], []];
  const note = {
    positional: (name, about) => void positionals.push({ name, ...about }),
    option: (name, about) => void options.push({ name, ...about }),
    options: (all) => void Object.entries(all).forEach(([name, about]) => void options.push({ name, ...about })),
    command: (module) => void inner.push(declared(module)),
    example: (line, what) => void examples.push({ line, what }),
  };
  const told =
    (method) =>
    (...args) => {
      note[method]?.(...args);
      return recorder;
    };
  const recorder = new Proxy({}, { get: (_, method) => told(method) });
  builder(recorder);
  return { command, describe, positionals, options, examples, inner, answers };
}

export function commandsPage(commands, exitCodes) {
  return lines([
    generated("what the commands declare"),
    "# Commands",
    "",
    "`npx autotraj <command> --help` says the same of what each takes. `--json` makes every command print one JSON document on standard output, in one line, and nothing else there;",
    "words for people go to standard error. Its fields are named below: what is not there is `null`, paths are as they were given unless they are called whole, and no secret is among them but the new token of `serve` and the link of `view`.",
    "A command that serves something prints its document when it is ready, and goes on.",
    "",
    "A command that cannot do what it was asked to prints no document. Its exit code says so, and its message on standard error begins with a code, as in `[ATRAJ_RUN_NOT_FOUND] runs/first: …`:",
    "the codes ([all of them](../errors.md)) stay, the words may change. Where something was done and its outcome is bad (`doctor`, `plugin test`, `watch`, `cache clean`, a run of which every question failed),",
    "there is a document, and the exit code is 1.",
    "",
    "| command | what it does |",
    "|---|---|",
    ...commands.map(({ command, describe }) => `| [${nameOf(command)}](#${nameOf(command)}) | ${cell(describe)} |`),
    "",
    ...namedOnce(commands).flatMap((one) => commandSection(one)),
    "## Exit codes",
    "",
    "| code | meaning |",
    "|---|---|",
    ...exitCodes.map(([exit, meaning]) => `| ${exit} | ${cell(meaning)} |`),
  ]);
}

/** @param outer the command that this one stands behind, with a space */
function commandSection({ command, describe, positionals, options, examples, inner, answers }, outer = "") {
  const rows = [
    ...positionals.map((one) => [code(one.name), one]),
    ...options.filter(({ hidden }) => hidden !== true).map((one) => [code(`--${one.name}`), one]),
  ].map(([name, one]) => `| ${name} | ${typeOf(one)} | ${defaultOf(one)} | ${cell(one.describe ?? "")} |`);
  return [
    `##${outer === "" ? "" : "#"} ${outer}${nameOf(command)}`,
    "",
    `\`autotraj ${outer}${command}\``,
    "",
    `${describe.replace(/\.$/, "")}.`,
    "",
    ...(rows.length === 0 ? [] : ["| argument | takes | default | meaning |", "|---|---|---|---|", ...rows, ""]),
    ...examples.flatMap(({ line, what }) => [`- \`${line.replace("$0", "autotraj")}\`: ${what}`]),
    ...(examples.length > 0 ? [""] : []),
    ...answers.flatMap(answerLines),
    ...inner.flatMap((one) => commandSection(one, `${outer}${nameOf(command)} `)),
  ];
}

/** What several commands answer is listed with `run` alone. */
function namedOnce(commands) {
  const run = commands.find(({ command }) => nameOf(command) === "run");
  const answers = [{ fields: {}, others: "as of [run](#run)" }];
  return commands.map((one) => (one !== run && one.answers === run?.answers ? { ...one, answers } : one));
}

function answerLines({ when, isList, fields, others }) {
  const head = `With ${code("--json")}${when === undefined ? "" : ` (${when})`}`;
  const rows = Object.entries(fields).map(([name, meaning]) => `| ${code(name)} | ${cell(meaning)} |`);
  if (rows.length === 0) return [`${head}: ${others}.`, ""];
  return [
    `${head}${isList === true ? ", a list of such" : ""}:`,
    "",
    "| field | meaning |",
    "|---|---|",
    ...rows,
    ...(others === undefined ? [] : [`| … | ${cell(others)} |`]),
    "",
  ];
}

function nameOf(command) {
  return command.split(" ")[0];
}

function typeOf({ type, choices, array, coerce }) {
  if (choices !== undefined) return choices.map((choice) => code(String(choice))).join(", ");
  const one = type === "boolean" ? "nothing" : type === undefined && coerce !== undefined ? "a number" : "text";
  return array === true ? `${one}, repeatable` : one;
}

function defaultOf({ default: preset, demandOption }) {
  if (demandOption === true) return "**required**";
  return preset === undefined || preset === false || preset?.length === 0 ? "" : code(String(preset));
}

/** `env install`: makes a trainer's Python environment before it is needed: it is large, and a training should not begin with a download. */
import { ENVIRONMENT, loadService } from "@autotraj/core";
import { print, printJson, say } from "../display/terminal.ts";
import { command } from "../options.ts";

export const envCommand = command({
  command: "env <action> <backend>",
  describe: "Install a trainer's Python environment ahead of time",
  answers: [{ fields: { backend: "the trainer's package", python: "the environment's Python" } }],
  builder: (args) =>
    args.positional("action", { choices: ["install"] as const, demandOption: true, describe: "What to do" }).positional("backend", {
      type: "string",
      demandOption: true,
      describe: "A trainer: trl, llamafactory, verl, a package's whole name or a file",
    }),
  async handler({ backend, json }) {
    const use = /^[@./]|^(?:autotraj-)?trainer-/.test(backend) ? backend : `trainer-${backend}`;
    const environment = await loadService(use, ENVIRONMENT, process.cwd());
    say(`installing ${environment.description}`);
    const python = await environment.install();
    if (json) printJson({ backend: use, python });
    else print(python);
  },
});

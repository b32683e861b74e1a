/** Commands on pages are read by the command line's own definitions: each command, option and value is one that it takes. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import yargs, { type Argv, type CommandModule } from "yargs";
import { checkGiven } from "../../cli/src/options.ts";
import { type CommandLine, commandLines } from "./command-lines.ts";
import { ROOT, titleOf } from "./pages.ts";

const lines = commandLines();
const startingWith = (program: string) => lines.filter(({ text }) => text.startsWith(`${program} `));
const nameOf = ({ block, text }: CommandLine) => `${titleOf(block)} ${text}`;

/** What each file of the command line exports, with nothing behind it. */
async function commandsWithoutHandlers(): Promise<readonly CommandModule[]> {
  const files = globSync("cli/src/commands/*.ts", { cwd: ROOT });
  const modules = (await Promise.all(files.map((file) => import(pathToFileURL(join(ROOT, file)).href)))) as Record<string, unknown>[];
  const isCommand = (value: unknown): value is CommandModule =>
    typeof value === "object" && value !== null && "command" in value && "builder" in value;
  return modules.flatMap(Object.values).filter(isCommand).map(withoutHandler);
}

/** Nor behind the commands below it. */
function withoutHandler(command: CommandModule): CommandModule {
  const builder = (args: Argv): Argv => {
    const add = args.command.bind(args) as (below: CommandModule) => Argv;
    Object.assign(args, { command: (below: CommandModule) => add(withoutHandler(below)) });
    return (command.builder as (args: Argv) => Argv)(args);
  };
  return { ...command, builder, handler: () => {} };
}

describe("the commands on pages", () => {
  let commands: readonly CommandModule[];
  before(async () => {
    commands = await commandsWithoutHandlers();
    expect(commands.length).to.be.above(15);
  });

  /** @throws what the command line would say */
  const read = async (text: string) => {
    const parser = commands.reduce((program, command) => program.command(command), yargs().scriptName("autotraj"));
    await parser
      .strict()
      .demandCommand(1)
      .option("json", { type: "boolean" })
      .check((args, options) => checkGiven(args, options as unknown as Parameters<typeof checkGiven>[1]))
      .exitProcess(false)
      .help()
      .fail((message, error) => {
        throw error ?? new Error(message);
      })
      .parseAsync(text);
  };

  it("are many, and one that is not there would be seen", async () => {
    expect(startingWith("autotraj")).to.have.length.above(40);
    for (const wrong of ["runn quickstart", "run quickstart --untill data", "run quickstart --limit x", "eval"]) {
      const outcome = await read(wrong).then(
        () => "read",
        () => "refused",
      );
      expect(outcome, wrong).to.equal("refused");
    }
  });

  for (const line of startingWith("autotraj")) {
    it(nameOf(line), async () => {
      await read(line.text.slice("autotraj ".length));
      const [, preset] = /^autotraj (?:run|plan|doctor|serve) ([a-z-]+)(?: |$)/.exec(line.text) ?? [];
      if (preset !== undefined && !preset.startsWith("my-")) expect(existsSync(join(ROOT, "presets", preset)), `presets/${preset}`).to.equal(true);
    });
  }

  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };
  for (const line of startingWith("npm")) {
    it(nameOf(line), () => {
      const [, script, packages] = /^npm (?:run ([\w:]+)|(?:install|i) (.*))?/.exec(line.text) ?? [];
      if (script !== undefined) expect(scripts).to.have.property(script);
      for (const name of (packages ?? "").split(" ").filter((word) => word.startsWith("@autotraj/")))
        expect(existsSync(join(ROOT, "node_modules", name.replace(/@[\d.]+$/, ""))), name).to.equal(true);
    });
  }
});

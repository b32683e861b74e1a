/** `curate`: what people change of a run's rows by hand, or all that they have changed. */
import { StopSwitch } from "@autotraj/core";
import { curate } from "@autotraj/curation";
import { print, printJson, say } from "../display/terminal.ts";
import { onInterrupt } from "../interrupts.ts";
import { command, ROW, RUN, text } from "../options.ts";

const flag = (describe: string) => ({ type: "boolean", describe }) as const;

export const curateCommand = command({
  command: "curate <run> [row]",
  describe: "Change a run's rows by hand: drop, pin, verdicts, tags, edited repairs; without an option, list what was done",
  answers: [
    { fields: { acts: "each with the act (id, at, by, position, kind, on, …) and what became of it", draft: "the file with the turns to edit" } },
  ],
  builder: (args) =>
    args
      .positional("run", RUN)
      .positional("row", { type: "string", describe: ROW })
      .option("drop", flag("Leave it out of `export --curated`"))
      .option("pin", flag("Have it there, whatever its verdict, and even where another row says the same or an edit would take its place"))
      .option("verdict", { choices: ["keep", "refuse"], requiresArg: true, describe: "In place of the gate's" } as const)
      .option("reason", text("Why, for a verdict"))
      .option("mark", flag("Mark it, to be found again"))
      .option("tag", text("A word for it; it may have several"))
      .option("note", text("A remark"))
      .option("draft", text("Write its turns to this new file, to be edited"))
      .option("edit", text("Play the turns of this file with the run's own tools, and have its scorers and gates judge them"))
      .option("undo", text("Undo the act of this id; an undo too"))
      .option("by", text("Who does it (default: the user of this machine)")),
  async handler({ run, row, json, ...asked }) {
    const stop = new StopSwitch();
    const release = onInterrupt({ softly: () => stop.softly(), atOnce: () => stop.atOnce(new Error("interrupted")) });
    try {
      const { text: told, ...answer } = await curate({ run, row, ...asked }, { stop, say });
      if (json) printJson({ draft: null, ...answer });
      else print(told);
    } finally {
      release();
    }
  },
});

/** `report`: a run's figures and examples as one page that opens anywhere, with Markdown and comma-separated values beside it. */
import { messageOf, type RunSummary } from "@autotraj/core";
import { writeReport } from "@autotraj/report";
import { print, printJson, say } from "../display/terminal.ts";
import { command, RUN, text } from "../options.ts";

export const reportCommand = command({
  command: "report <run>",
  describe: "A run's figures and examples as one HTML file, with Markdown and CSV beside it",
  answers: [{ fields: { html: "the page", markdown: "the same as text", csv: "its figures" } }],
  builder: (args) =>
    args.positional("run", RUN).option("out", text("Another place: a file that ends with .html, or a folder (default: report.html in the run's)")),
  async handler({ run, out, json }) {
    const files = writeReport(run, out === undefined ? {} : { out });
    if (json) printJson(files);
    else print([files.html, files.markdown, files.csv].join("\n"));
  },
});

/** Of a run that has come to its end; what keeps it from being written costs no run. @returns the page; undefined where no stage was done */
export function reportAtEnd(summary: RunSummary, runDir: string): string | undefined {
  if (Object.keys(summary.stages).length === 0 && summary.evaluation === null) return undefined;
  try {
    return writeReport(runDir, { summary }).html;
  } catch (error) {
    say(`The report was not written: ${messageOf(error)}`);
    return undefined;
  }
}

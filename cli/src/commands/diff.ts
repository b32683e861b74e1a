/** `diff`: an original and its repair, turn by turn, with what the scores made of the difference. */
import { dialects, locateRow, type Message, RunStore, type Score, type StoredTrajectory, type Trajectory } from "@autotraj/core";
import { diffArrays, diffWordsWithSpace } from "diff";
import { shellWord } from "../command-line.ts";
import { folded, sentence, terminalColumns } from "../display/lines.ts";
import { table } from "../display/table.ts";
import { printJson, printPainted, shownIn } from "../display/terminal.ts";
import { command, ROW, RUN, usage } from "../options.ts";

export const diffCommand = command({
  command: "diff <run> <row>",
  describe: "An original and its repair side by side: what was changed, and what the scores made of it",
  answers: [{ fields: { original: "its trajectory, scores, verdict, fate", repair: "the same" } }],
  builder: (args) =>
    args
      .positional("run", RUN)
      .positional("row", { type: "string", demandOption: true, describe: ROW })
      .option("color", { type: "boolean", describe: "Colours; default: on a terminal, unless NO_COLOR is set" }),
  async handler({ run, row, color, json }) {
    const store = RunStore.read(run);
    try {
      const { original, repair } = await pairOf(store, run, row);
      const colored = color ?? (process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === "");
      if (json) printJson({ original, repair });
      else printPainted(renderDiff(shownIn(original), shownIn(repair), colored));
    } finally {
      store.close();
    }
  },
});

/** The last repair of an original (the accepted one, where there is one), or a repair and its original. */
async function pairOf(store: RunStore, run: string, row: string): Promise<{ original: StoredTrajectory; repair: StoredTrajectory }> {
  const { position, asked } = await locateRow(store, run, row);
  const rows = store.trajectoriesAt(position);
  const repairs = rows.filter(({ trajectory }) => trajectory.provenance.parent !== undefined);
  const repair =
    repairs.find(({ trajectory }) => trajectory.id === asked) ??
    repairs.findLast(({ trajectory }) => asked === undefined || trajectory.provenance.parent === asked);
  const original = rows.find(({ trajectory }) => trajectory.id === repair?.trajectory.provenance.parent);
  if (repair !== undefined && original !== undefined) return { original, repair };
  throw usage(
    "diff",
    `"${row}" has no repair to compare with.`,
    `\`autotraj explain ${shellWord(run)} ${shellWord(row)}\` shows what became of it; preferences:1 is the first accepted repair.`,
  );
}

export function renderDiff(original: StoredTrajectory, repair: StoredTrajectory, colored: boolean): string {
  const paint = (code: number, text: string) => (colored ? `\x1b[${code}m${text}\x1b[0m` : text);
  const minus = (text: string) => prefixed("- ", text, (line) => paint(31, line));
  const plus = (text: string) => prefixed("+ ", text, (line) => paint(32, line));
  const same = (text: string) => prefixed("  ", text, (line) => paint(2, line));
  const turns = [turnsOf(original.trajectory), turnsOf(repair.trajectory)] as const;
  const parts = diffArrays([...turns[0]], [...turns[1]]);
  const lines: string[] = [];
  for (const [index, part] of parts.entries()) {
    const next = parts[index + 1];
    if (part.removed && next?.added === true && part.value.length === 1 && next.value.length === 1) {
      lines.push(wordDiff(part.value[0] ?? "", next.value[0] ?? "", paint));
    } else if (part.added && parts[index - 1]?.removed === true && part.value.length === 1 && parts[index - 1]?.value.length === 1) {
      // Shown together with the turn it replaces.
    } else lines.push(part.value.map(part.added ? plus : part.removed ? minus : same).join("\n"));
  }
  const { trajectory: before } = original;
  const { trajectory: after } = repair;
  return [
    sentence(`${before.query.question}\ngold: ${before.query.answers.join(" | ") || "none"}`),
    `${paint(31, `--- ${before.id}  ${original.fate}`)}\n${paint(32, `+++ ${after.id}  ${repair.fate}, by ${after.provenance.repairer ?? "?"}`)}`,
    lines.join("\n"),
    sentence(`answer: ${paint(31, before.answer ?? "none")} → ${paint(32, after.answer ?? "none")}`),
    scoreTable(original, repair),
    ...(repair.verdict === undefined ? [] : [sentence(`${repair.verdict.decision}: ${repair.verdict.reason}`)]),
  ].join("\n\n");
}

/** Turns as text, without the question, in their own dialect; a tool's result is named as one. */
function turnsOf(trajectory: Trajectory): readonly string[] {
  const dialect = dialects.get(trajectory.dialect);
  return trajectory.messages
    .filter((message): message is Exclude<Message, { role: "system" | "user" }> => message.role === "assistant" || message.role === "tool")
    .map((message) => (message.role === "tool" ? `[${message.name}] ${message.content}` : dialect.text(message).trim()));
}

/** Two versions of one turn: `[-taken out-]{+put in+}` as in git's word diff. */
function wordDiff(before: string, after: string, paint: (code: number, text: string) => string): string {
  const text = diffWordsWithSpace(before, after)
    .map(({ added, removed, value }) => (added ? paint(32, `{+${value}+}`) : removed ? paint(31, `[-${value}-]`) : value))
    .join("");
  return prefixed("~ ", text, (line) => line);
}

/** A line that is wider than the terminal goes on below itself, without a mark: it is one line still. */
function prefixed(mark: string, text: string, paint: (line: string) => string): string {
  const room = terminalColumns() - mark.length;
  return text
    .split("\n")
    .flatMap((line) =>
      folded(line, room)
        .split("\n")
        .map((part, at) => paint(`${at === 0 ? mark : " ".repeat(mark.length)}${part}`)),
    )
    .join("\n");
}

function scoreTable(original: StoredTrajectory, repair: StoredTrajectory): string {
  const names = [...new Set([...Object.keys(original.scores), ...Object.keys(repair.scores)])];
  const rows = names.map((name) => [name, cell(original.scores[name]), cell(repair.scores[name])]).filter(([, before, after]) => before !== after);
  return rows.length === 0 ? "no score changed" : table(["dimension that changed", "before", "after"], rows as string[][]);
}

function cell(score: Score | undefined): string {
  if (score === undefined || "skipped" in score) return "–";
  return "failed" in score ? "failed" : score.value.toFixed(3);
}

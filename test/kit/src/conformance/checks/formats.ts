/** What formats owe: what they say that they can, words for rows that they cannot read, and conversations back from rows of their own. */
import { messageOf } from "@autotraj/core";
import type { JsonValue, RecordedConversation } from "@autotraj/core/plugin";
import type { Bench } from "../bench.ts";
import type { Check } from "../check.ts";
import { complain, NotAsked } from "../complaint.ts";
import { brief } from "../differences.ts";
import { formatsOf, type NamedFormat, ownRows } from "../inquiries/formats.ts";
import { plainQuestions } from "../samples.ts";
import { isUnstarted } from "./when.ts";

const base: Pick<Check, "group" | "kinds" | "skips"> = { group: "format", kinds: ["format"], skips: isUnstarted };
const BEGUN = "does what its kind is for";
const CAN = ["read", "sft", "preference", "prompt"] as const;

/** Rows of nobody's: whatever lies in a file. */
const JUNK: readonly JsonValue[] = [
  null,
  0,
  "text",
  [],
  {},
  { messages: null },
  { messages: [null] },
  { messages: [{ role: "assistant", content: { text: 3 }, tool_calls: "none" }] },
  { conversations: [{ from: 7 }] },
  { turns: {}, steps: "x", spans: [0] },
];

async function formats(bench: Bench): Promise<readonly NamedFormat[]> {
  return formatsOf(await bench.shared());
}

const can: Check = {
  ...base,
  name: "can do what it says",
  needs: [BEGUN],
  async run(bench) {
    const all = await formats(bench);
    for (const what of CAN) {
      const says = bench.plugin.meta.supports?.[what];
      const does = all.some(({ format }) => typeof format[what] === "function");
      if (says === true && !does) complain(`its meta.supports says ${what}, and the format has no function ${what}`);
      if (says === false && does) complain(`its meta.supports says that it cannot ${what}, and the format has a function ${what}`);
    }
    const silent = all.find(({ format: { description } }) => typeof description !== "string" || description.trim() === "");
    if (silent !== undefined) complain(`${silent.who} has no description: \`autotraj export --help\` shows it`);
    if (!all.some(({ format }) => CAN.some((what) => typeof format[what] === "function")))
      complain(`the format has none of the functions ${CAN.join(", ")}`);
  },
};

const recognizes: Check = {
  ...base,
  name: "recognises rows without throwing",
  needs: [BEGUN],
  async run(bench) {
    const able = (await formats(bench)).filter(({ format }) => format.recognizes !== undefined);
    if (able.length === 0) throw new NotAsked("it recognises no rows");
    for (const { who, format } of able) {
      for (const row of JUNK) {
        const sure = attempt(
          () => format.recognizes?.(row),
          (error) => complain(`${who} throws for ${brief(row)}: ${messageOf(error)}. A row of another format is 0`),
        );
        if (typeof sure !== "number" || !(sure >= 0 && sure <= 1)) complain(`${who} is ${brief(sure)} sure of ${brief(row)}: a number from 0 to 1`);
      }
    }
  },
};

const refuses: Check = {
  ...base,
  name: "refuses rows that it cannot read in words",
  needs: [BEGUN],
  async run(bench) {
    const able = (await formats(bench)).filter(({ format }) => format.read !== undefined);
    if (able.length === 0) throw new NotAsked("it reads nothing");
    for (const { who, format } of able) {
      for (const row of JUNK) {
        // A PluginError of another copy of core is one too.
        attempt(
          () => format.read?.(structuredClone(row), 0),
          (error) => {
            if ((error as Error | undefined)?.name !== "PluginError")
              complain(`${who}, reading ${brief(row)}: it throws "${messageOf(error)}", no PluginError that names what is wrong in the row`);
          },
        );
      }
    }
  },
};

const readsBack: Check = {
  ...base,
  name: "reads what it writes",
  needs: ["gives answers that a run can use"],
  async run(bench) {
    const questions = plainQuestions(bench.cases.questions);
    const able = (await formats(bench)).filter(({ format }) => format.read !== undefined && format.sft !== undefined);
    if (able.length === 0) throw new NotAsked("it does not both read and write");
    for (const { who, format } of able) {
      ownRows(format, questions).forEach((row, index) => {
        const read = attempt(
          () => format.read?.(row, index),
          (error) => complain(`${who}: it cannot read row ${index} that it wrote: ${messageOf(error)}`),
        );
        const turns = [read as RecordedConversation | readonly RecordedConversation[]].flat().flatMap((one) => one?.turns ?? []);
        if (!turns.some(({ role }) => role === "assistant")) complain(`${who}: of row ${index}, which it wrote, it reads no turn of an assistant`);
        const recognized = format.recognizes?.(row);
        if (recognized !== undefined && recognized < 0.5)
          complain(`${who}: it is only ${recognized} sure of row ${index}, which it wrote: 0.5 and more for what it reads`);
      });
    }
  },
};

function attempt<T>(work: () => T, caught: (error: unknown) => void): T | undefined {
  try {
    return work();
  } catch (error) {
    caught(error);
    return undefined;
  }
}

export const FORMATS: readonly Check[] = [can, recognizes, refuses, readsBack];

/** What every answer owes: it comes, in time, without changing what was given, as many as were asked for, in the shape that the kernel takes. */
import type { Reply } from "../bench.ts";
import { timeLimit } from "../cases.ts";
import type { Check } from "../check.ts";
import { blame, complain } from "../complaint.ts";
import { ANSWERING, COUNTED } from "../inquiries/inquiry.ts";
import { isUnstarted } from "./when.ts";

const base: Pick<Check, "group" | "kinds" | "skips"> = { group: "answers", kinds: ANSWERING, skips: isUnstarted };
const BEGUN = "does what its kind is for";

const inTime: Check = {
  ...base,
  name: "answers in time",
  needs: [BEGUN],
  async run(bench) {
    const late = (await bench.replies("plain")).find(({ overran }) => overran === true);
    if (late !== undefined) complain(`${late.where}: no answer within ${timeLimit(bench.cases) / 1000} s`);
  },
};

const answers: Check = {
  ...base,
  name: "answers what it is asked",
  needs: [inTime.name],
  async run(bench) {
    const broken = (await bench.replies("plain")).find(({ error }) => error !== undefined);
    if (broken !== undefined) complain(`${broken.where}: it throws "${broken.error}"`);
  },
};

const changesNothing: Check = {
  ...base,
  name: "changes nothing that it is given",
  needs: [answers.name],
  async run(bench) {
    const changing = (await bench.replies("plain")).find(({ changed }) => changed !== undefined);
    if (changing !== undefined)
      complain(`${changing.where}: it changes ${changing.changed} of what it is given. In a run that is frozen: work on a copy`);
  },
};

const counted: Check = {
  ...base,
  name: "gives one answer for each item",
  kinds: COUNTED,
  needs: [answers.name],
  async run(bench) {
    complainOf(await bench.replies("plain"), ({ asked, answer }) => asked.miscounted?.(answer));
  },
};

const wellFormed: Check = {
  ...base,
  name: "gives answers that a run can use",
  needs: [answers.name, changesNothing.name, counted.name],
  async run(bench) {
    const replies = await bench.replies("plain");
    complainOf(replies, ({ asked, answer }) => asked.wrong?.(answer));
    for (const { asked, where } of replies) {
      await asked.ask().catch((error: unknown) => blame(error, where));
    }
  },
};

const withstands: Check = {
  ...base,
  name: "withstands what models write",
  kinds: ANSWERING.filter((kind) => kind !== "format"),
  needs: [wellFormed.name],
  async run(bench) {
    const replies = await bench.replies("hostile");
    complainOf(replies, ({ error, overran }) => (overran === true ? "no answer in time" : error === undefined ? undefined : `it throws "${error}"`));
    complainOf(replies, ({ asked, answer }) => asked.miscounted?.(answer) ?? asked.wrong?.(answer));
    for (const { asked, where } of replies) {
      await asked.ask().catch((error: unknown) => blame(error, where));
    }
  },
};

function complainOf(replies: readonly Reply[], whatOf: (reply: Reply) => string | undefined): void {
  for (const reply of replies) {
    const what = whatOf(reply);
    if (what !== undefined) complain(`${reply.where}: ${what}`);
  }
}

export const ANSWERS: readonly Check[] = [inTime, answers, changesNothing, counted, wellFormed, withstands];

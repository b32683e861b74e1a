/** The same questions have the same answers, whatever was asked before, beside them and in which order. */
import { POLICY } from "@autotraj/core/plugin";
import type { Bench } from "../bench.ts";
import type { Check } from "../check.ts";
import { blame, complain, inWords, NotAsked } from "../complaint.ts";
import { brief, firstDifference } from "../differences.ts";
import { ANSWERING, type Asked, BATCHED, COUNTED, type Inquiry } from "../inquiries/inquiry.ts";
import { isRandom, isUnstarted } from "./when.ts";

const base: Pick<Check, "group" | "kinds" | "skips"> = { group: "determinism", kinds: ANSWERING, skips: isRandom };
const USABLE = "gives answers that a run can use";

interface Place {
  readonly where: string;
  readonly asked: Asked;
}

const placesIn = (inquiries: readonly Inquiry[]): readonly Place[] =>
  inquiries.flatMap(({ who, plain }) => plain.map((asked) => ({ where: `${who}, ${asked.about}`, asked })));

/** @throws NotAsked for a policy that says itself that it samples */
async function placesOf(bench: Bench): Promise<readonly Place[]> {
  const policies = [...(await bench.shared()).offered(POLICY).values()];
  if (policies.some(({ deterministic }) => !deterministic)) throw new NotAsked("the policy says that it is not deterministic");
  return placesIn(await bench.inquiries());
}

function mustBe(where: string, first: unknown, second: unknown, when: string): void {
  const path = firstDifference(first, second);
  if (path === undefined) return;
  const [one, other] = [first, second].map((value) => brief(at(value, path)));
  complain(`${where}: ${when} it says something else, at ${path}: ${one}, then ${other}`);
}

function at(value: unknown, path: string): unknown {
  const keys = path.split(/[.[\]]/).filter((key) => key !== "");
  return keys.reduce<unknown>((inner, key) => (typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[key] : inner), value);
}

const again: Check = {
  ...base,
  name: "says the same when asked again",
  needs: [USABLE],
  async run(bench) {
    for (const { where, asked } of await placesOf(bench)) mustBe(where, await asked.ask(), await asked.ask(), "asked again");
  },
};

const ofItems: Check = {
  ...base,
  name: "says the same of items in another order",
  kinds: COUNTED,
  needs: [again.name],
  async run(bench) {
    const ordered = (await placesOf(bench)).filter(({ asked }) => asked.inAnotherOrder !== undefined);
    for (const { where, asked } of ordered) mustBe(where, await asked.ask(), await asked.inAnotherOrder?.(), "with its items in another order");
  },
};

const ofParts: Check = {
  ...base,
  name: "says the same of parts of a batch",
  kinds: BATCHED,
  needs: [again.name],
  async run(bench) {
    const parted = (await placesOf(bench)).filter(({ asked }) => asked.inParts !== undefined);
    for (const { where, asked } of parted) mustBe(where, await asked.ask(), await asked.inParts?.(), "item by item");
  },
};

const sideBySide: Check = {
  ...base,
  name: "says the same side by side",
  needs: [again.name],
  async run(bench) {
    const places = await placesOf(bench);
    const alone: unknown[] = [];
    for (const { asked } of places) alone.push(await asked.ask());
    const together = await Promise.allSettled(places.map(({ asked }) => asked.ask()));
    places.forEach(({ where }, index) => {
      const came = together[index];
      if (came?.status === "rejected") complain(`${where}: beside other questions: ${inWords(came.reason)}`);
      mustBe(where, alone[index], came?.value, "beside other questions");
    });
  },
};

const inReverse: Check = {
  ...base,
  name: "says the same of questions in another order",
  needs: [again.name],
  async run(bench) {
    const places = await placesOf(bench);
    const first: unknown[] = [];
    for (const { asked } of places) first.push(await asked.ask());
    const other = await bench.fresh();
    try {
      const reversed = placesIn(bench.inquiriesOf(other)).map((place, index) => ({ ...place, first: first[index] }));
      for (const { where, asked, first: before } of reversed.reverse())
        mustBe(where, before, await asked.ask(), "in another run, asked in another order,");
    } finally {
      await other.dispose();
    }
  },
};

const twoRuns: Check = {
  ...base,
  skips: isUnstarted,
  name: "serves two runs at once",
  needs: [USABLE],
  async run(bench) {
    const places = placesIn(await bench.inquiries());
    const other = await bench.fresh();
    try {
      for (const { where, asked } of placesIn(bench.inquiriesOf(other)).slice(0, 3))
        await asked.ask().catch((error: unknown) => blame(error, `${where}: in a second run at the same time`));
    } finally {
      await other.dispose();
    }
    for (const { where, asked } of places.slice(0, 3))
      await asked.ask().catch((error: unknown) => blame(error, `${where}: once another run has ended`));
  },
};

/** With the shared subject still there. */
export const DETERMINISM: readonly Check[] = [again, ofItems, ofParts, sideBySide, inReverse, twoRuns];

/** When nobody else uses the plugin any more. */
export const setUpAgain: Check = {
  ...base,
  group: "life",
  skips: isUnstarted,
  name: "works again after it has let go",
  needs: [USABLE, twoRuns.name],
  async run(bench) {
    for (const time of ["first", "second"]) {
      const subject = await bench.fresh().catch((error: unknown) => complain(`set up a ${time} time, after it had let go: ${inWords(error)}`));
      try {
        const [place] = placesIn(bench.inquiriesOf(subject));
        await place?.asked.ask().catch((error: unknown) => blame(error, `${place.where}: set up again after it had let go`));
      } finally {
        await subject.dispose();
      }
    }
  },
};

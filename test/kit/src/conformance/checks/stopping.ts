/** A run that is stopped ends at once, and what has been answered stays answered. */
import { setTimeout as sleep } from "node:timers/promises";
import { settled } from "../bench.ts";
import type { Check } from "../check.ts";
import { complain } from "../complaint.ts";
import { ANSWERING, runWith } from "../inquiries/inquiry.ts";
import { isUnstarted } from "./when.ts";

const base: Pick<Check, "group" | "kinds" | "skips"> = { group: "stopping", kinds: ANSWERING, skips: isUnstarted };
const USABLE = "gives answers that a run can use";
/** How long it may go on after it was told to stop. */
const GRACE_MS = 1_000;
const BEFORE_STOP_MS = 20;

const stops: Check = {
  ...base,
  name: "stops when the run is stopped",
  needs: [USABLE],
  async run(bench) {
    for (const { who, plain } of await bench.inquiries()) {
      const [asked] = plain;
      if (asked === undefined) continue;
      for (const afterMs of [0, BEFORE_STOP_MS]) {
        const stop = new AbortController();
        if (afterMs === 0) stop.abort(new Error("the run is stopped"));
        const timer = setTimeout(() => stop.abort(new Error("the run is stopped")), afterMs);
        // Throwing, answering all the same: both are well. Going on is not.
        const came = await settled(async () => asked.bare(asked.given(), runWith(stop.signal)), afterMs + GRACE_MS);
        clearTimeout(timer);
        if (came === "overran")
          complain(`${who}: ${GRACE_MS / 1000} s after its signal was aborted it is still at work: hand run.signal on, or look at it between steps`);
      }
    }
  },
};

/** A timer of a few milliseconds is long for a program. */
const LATE_MS = 150;

const nothingLate: Check = {
  ...base,
  name: "throws nothing after it has answered",
  needs: [USABLE],
  async run(bench) {
    const [asked] = (await bench.inquiries()).flatMap(({ plain }) => plain);
    // Whether it answers is another check's.
    await asked?.ask().catch(() => undefined);
    await sleep(LATE_MS);
    const [late] = bench.late;
    if (late !== undefined)
      complain(`"${late.split("\n")[0]}" was thrown where nobody could catch it: await all that it begins. A run would end by it`);
  },
};

export const STOPPING: readonly Check[] = [stops, nothingLate];

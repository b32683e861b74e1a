/** What servers owe: they listen where they say, close for good, and say when a port is taken. What they speak is their own. */
import { EPISODE_SERVER, type EpisodeService, PluginError, SANDBOX_SERVER, type Served, type ServingPlace } from "@autotraj/core/plugin";
import { type Bench, settled } from "../bench.ts";
import { timeLimit } from "../cases.ts";
import type { Check } from "../check.ts";
import { complain, inWords } from "../complaint.ts";
import { brief } from "../differences.ts";
import { sandbox } from "../stand-ins.ts";
import type { Subject } from "../subject.ts";
import { isUnstarted } from "./when.ts";

const base: Pick<Check, "group" | "kinds" | "skips"> = { group: "server", kinds: ["server"], skips: isUnstarted };
const BEGUN = "does what its kind is for";
const TOKEN = "a token of the test kit";

type Serve = (where: ServingPlace) => Promise<Served>;

/** Knows no task and holds no episode. */
const NO_EPISODES: EpisodeService = {
  open: 0,
  task: (id) => nothing(id),
  begin: (id) => nothing(id),
  turn: async (id) => nothing(id),
  trajectory: (id) => nothing(id),
  recorded: (id) => nothing(id),
  scoreTrajectories: async (trajectories) => trajectories.map(() => ({ reward: 0, terms: {} })),
  end: () => {},
};

function nothing(id: string): never {
  throw new PluginError("EPISODE", `there is no task or session "${id}".`);
}

function servesOf(subject: Subject): readonly Serve[] {
  return [
    ...[...subject.offered(EPISODE_SERVER).values()].map(
      (server): Serve =>
        (where) =>
          server.serve(NO_EPISODES, { ...where, token: TOKEN }),
    ),
    ...[...subject.offered(SANDBOX_SERVER).values()].map(
      (server): Serve =>
        (where) =>
          server.serve(sandbox, { ...where, token: TOKEN }),
    ),
  ];
}

async function answersAt(url: string): Promise<boolean> {
  try {
    // Any answer will do: what is spoken is the server's own. No connection is kept for later.
    await (await fetch(url, { headers: { connection: "close" } })).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

async function ended(bench: Bench, what: string, work: () => Promise<unknown>): Promise<void> {
  const came = await settled(work, timeLimit(bench.cases));
  if (came === "overran") complain(`${what} does not come back`);
  if ("error" in came) complain(`${what} throws "${inWords(came.error)}"`);
}

const listens: Check = {
  ...base,
  name: "listens, and closes for good",
  needs: [BEGUN],
  async run(bench) {
    for (const serve of servesOf(await bench.shared())) {
      for (const way of ["close", "drain"] as const) {
        const served = await serve({ port: 0 });
        if (!URL.canParse(served.url)) complain(`it says that it listens at ${brief(served.url)}, which is no address`);
        if (!(await answersAt(served.url))) complain(`nothing answers at ${served.url}, where it says that it listens`);
        await ended(bench, way, () => served[way]());
        if (await answersAt(served.url)) complain(`after ${way} it still answers at ${served.url}`);
      }
    }
  },
};

const taken: Check = {
  ...base,
  name: "says when a port is taken",
  needs: [listens.name],
  async run(bench) {
    for (const serve of servesOf(await bench.shared())) {
      const served = await serve({ port: 0 });
      const came = await settled(() => serve({ port: Number(new URL(served.url).port) }), timeLimit(bench.cases));
      await served.close();
      if (came === "overran") complain("serve does not come back where the port is taken");
      if (!("error" in came)) complain("serve says nothing where the port is taken");
      const { code } = came.error as { code?: unknown };
      if (code !== "EADDRINUSE")
        complain(`where the port is taken it throws ${brief(inWords(came.error))}, not the system's error with the code EADDRINUSE`);
    }
  },
};

const closesAll: Check = {
  ...base,
  name: "closes what is open when the run ends",
  needs: [listens.name],
  async run(bench) {
    const subject = await bench.fresh();
    const open: Served[] = [];
    try {
      for (const serve of servesOf(subject)) open.push(await serve({ port: 0 }));
    } finally {
      await subject.dispose();
    }
    const left = [];
    for (const served of open) if (await answersAt(served.url)) left.push(served);
    for (const served of left) await served.close();
    if (left.length > 0) complain("after it has let go it still listens: close what was served in api.onDispose");
  },
};

export const SERVERS: readonly Check[] = [listens, taken, closesAll];

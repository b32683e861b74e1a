/** What holds for every plugin: it can be loaded, set up, started, and let go of, as often as anybody likes. */
import { API_VERSION } from "@autotraj/core";
import {
  EPISODE_SERVER,
  FORMAT,
  type PluginKind,
  POLICY,
  REWARD_MODEL,
  SANDBOX,
  SANDBOX_SERVER,
  STAGE,
  TOOL,
  type Token,
  TRACKER,
} from "@autotraj/core/plugin";
import type { Check } from "../check.ts";
import { complain, NotAsked } from "../complaint.ts";
import { brief } from "../differences.ts";
import { holdings, leftSince } from "../leftovers.ts";
import { isUnstarted } from "./when.ts";

const group = "life";

/** What a plugin of each kind is for: hooks that it may tap, services that it may offer; one of them at least. */
const PURPOSE: Readonly<Record<Exclude<PluginKind, "host">, { readonly taps: readonly string[]; readonly offers: readonly Token<unknown>[] }>> = {
  preparer: { taps: ["beforeRollout"], offers: [] },
  policy: { taps: [], offers: [POLICY] },
  tool: { taps: [], offers: [TOOL] },
  sandbox: { taps: [], offers: [SANDBOX] },
  scorer: { taps: ["score"], offers: [] },
  gate: { taps: ["shouldRepair"], offers: [] },
  repairer: { taps: ["repair"], offers: [] },
  reward: { taps: ["reward"], offers: [] },
  "reward-model": { taps: ["reward"], offers: [REWARD_MODEL] },
  trainer: { taps: ["train"], offers: [] },
  format: { taps: [], offers: [FORMAT] },
  server: { taps: [], offers: [EPISODE_SERVER, SANDBOX_SERVER] },
  stage: { taps: [], offers: [STAGE] },
  tracker: { taps: [], offers: [TRACKER] },
};

const loaded: Check = {
  name: "says what it is",
  group,
  async run({ plugin }) {
    const meta = plugin?.meta;
    if (typeof meta !== "object" || meta === null) complain("it has no meta: a plugin is `export default { meta, setup }`");
    if (typeof plugin.setup !== "function") complain("it has no function setup: a plugin is `export default { meta, setup }`");
    if (meta.apiVersion !== API_VERSION) complain(`its meta.apiVersion is ${brief(meta.apiVersion)}; this core has ${API_VERSION}, as a number`);
    if (typeof meta.name !== "string" || meta.name === "") complain("its meta.name is no text: it is the package's name");
    if (!(meta.kind in PURPOSE)) complain(`its meta.kind is ${brief(meta.kind)}; kinds are: ${Object.keys(PURPOSE).join(", ")}`);
    const { description } = meta;
    if (typeof description !== "string" || description.trim() === "" || description.includes("\n"))
      complain("its meta.description is not one line of text: `autotraj plugin list` shows it");
    const odd = Object.entries(meta.supports ?? {}).find(([, does]) => typeof does !== "boolean");
    if (odd !== undefined) complain(`its meta.supports.${odd[0]} is ${brief(odd[1])}: it is true or false`);
  },
};

const setUp: Check = {
  name: "is set up with its options",
  group,
  needs: [loaded.name],
  async run(bench) {
    const subject = await bench.open();
    await subject.dispose();
  },
};

const started: Check = {
  name: "is started",
  group,
  needs: [setUp.name],
  skips: isUnstarted,
  run: async (bench) => void (await bench.shared()),
};

const purpose: Check = {
  name: "does what its kind is for",
  group,
  needs: [started.name],
  skips: isUnstarted,
  async run(bench) {
    const subject = await bench.shared();
    const { kind } = bench.plugin.meta;
    if (kind === "host") return;
    const { taps, offers } = PURPOSE[kind];
    if (subject.taps.some(({ hook }) => taps.includes(hook)) || offers.some((token) => subject.offered(token).size > 0)) return;
    const wanted = [...taps.map((hook) => `taps "${hook}"`), ...offers.map(({ name }) => `provides a ${name}`)];
    complain(`it does nothing that a ${kind} is for, which ${wanted.join(" or ")}, in its set-up or start`);
  },
};

/** The checks by which everything begins. */
export const BEGINNING: readonly Check[] = [loaded, setUp, started, purpose];

const leavesNothing: Check = {
  name: "leaves nothing behind",
  group,
  needs: [started.name],
  skips: isUnstarted,
  async run(bench) {
    const closed = await bench.close();
    if (closed === undefined) throw new NotAsked("it was not started");
    const stuck = closed.warnings.find((line) => line.includes("failed to let go"));
    if (stuck !== undefined) complain(stuck.replace(/^plugin "[^"]*" /, "it "));
    const left = await leftSince(closed.before);
    if (left !== undefined) complain(`after it has let go there is still ${left}: end it in api.onDispose`);
  },
};

const holdsNothing: Check = {
  name: "holds nothing before it is started",
  group,
  needs: [setUp.name],
  async run(bench) {
    const before = holdings();
    const subject = await bench.open();
    const held = await leftSince(before, 200);
    await subject.dispose();
    if (held !== undefined) complain(`its set-up leaves ${held} open: \`plan\` and \`config check\` set plugins up too; begin it in api.onStart`);
  },
};

const neverStarted: Check = {
  name: "lets go without having started",
  group,
  needs: [setUp.name],
  async run(bench) {
    const subject = await bench.open();
    await subject.dispose();
    const stuck = subject.warnings.find((line) => line.includes("failed to let go"));
    if (stuck !== undefined) complain(`${stuck.replace(/^plugin "[^"]*" /, "it ")}; it was set up and not started, as \`plan\` does`);
  },
};

/** The checks by which everything ends: what is shared is let go of first. */
export const ENDING: readonly Check[] = [leavesNothing, holdsNothing, neverStarted];

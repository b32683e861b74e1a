/** When checks do not hold, known from what a plugin says of itself. */
import type { PluginMeta } from "@autotraj/core/plugin";
import type { ConformanceCases } from "../cases.ts";

type Skips = (meta: PluginMeta, cases: ConformanceCases) => string | undefined;

/** Of these it says something else: a server listens, on this machine; the code in a sandbox may reach others. */
const NEEDS_NONE = ["server", "sandbox"];

/** Who needs a network is not started unless that is allowed. */
export const isUnstarted: Skips = ({ supports, kind }, { network = "refused" }) =>
  supports?.["network"] === true && !NEEDS_NONE.includes(kind) && network === "refused"
    ? "it needs a network, and is given one only where that is allowed: `autotraj plugin test --network`, or network: allowed in its cases"
    : undefined;

export const isRandom: Skips = (meta, cases) =>
  isUnstarted(meta, cases) ?? (meta.supports?.["deterministic"] === false ? "it says that it is not deterministic" : undefined);

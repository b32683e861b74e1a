/** A run's exported data sets on a hub: where they go, as whom, with which card, and how they get there. */
export { type HubAccess, hubAccess, hubEndpoint } from "./access.ts";
export { type CardParts, checkCardPlace, type ExportedSet, hubCard } from "./card.ts";
export type { LocalFile } from "./differences.ts";
export { type Push, type Pushed, push } from "./push.ts";
export { type Exported, type PlannedPush, type PushAsked, type Sending, sending } from "./sending.ts";
export { addressOf, type HubTarget, hubTarget, type Visibility } from "./target.ts";

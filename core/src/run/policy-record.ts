/** Which models stand behind a run's policies: recorded with the run, and said where one is another than before. */

import { isJsonObject } from "../kernel/json.ts";
import { POLICY } from "../kernel/plugin.ts";
import { identityOf } from "./evaluation/evaluate.ts";
import type { Session } from "./session.ts";
import type { RunStore } from "./store/run-store.ts";

type Models = Readonly<Record<string, { readonly model: string; readonly identity: string }>>;

/** Once the plugins have started: some policies know their weights only then. */
export function recordPolicies(store: RunStore, session: Session, onIncident: (who: string, what: string) => void): void {
  const before = recorded(store);
  const now: Models = Object.fromEntries(
    [...session.services.useAll(POLICY)].map(([id, policy]) => [id, { model: policy.model, identity: identityOf(policy) }]),
  );
  for (const [id, { model, identity }] of Object.entries(now)) {
    const known = before[id];
    if (known === undefined || known.identity === identity) continue;
    const models = known.model === model ? model : `${known.model} then, ${model} now`;
    onIncident(
      id,
      `another model, server or setting stands behind it than before (${models}): what the run has is of the one before, and answers are asked for anew.`,
    );
  }
  store.setMeta("policies", JSON.stringify({ ...before, ...now }));
  const { policy } = session.settings.rollout;
  if (policy !== undefined) store.setMeta("policy", policy);
}

/** What the policy that writes the candidates was known by when the run was last worked on. */
export function recordedPolicy(store: RunStore): string | undefined {
  return recorded(store)[store.meta("policy") ?? ""]?.identity;
}

function recorded(store: RunStore): Models {
  return store.metaJson<Models>("policies", isJsonObject) ?? {};
}

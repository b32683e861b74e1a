/** Which models stand behind a run's policies: recorded with the run, and said where one is another than before. */

import { isJsonObject } from "../kernel/json.ts";
import { POLICY, type Policy } from "../kernel/plugin.ts";
import { contentHash } from "../kernel/trajectory/identity.ts";
import type { Session } from "./session.ts";
import type { RunStore } from "./store/run-store.ts";

/** What a policy is known by in tables: its weights, template and settings, as far as its plugin tells. */
export function policyIdentity({ model, identity }: Policy): string {
  return contentHash(model, identity).slice(0, 16);
}

type Models = Readonly<Record<string, { readonly model: string; readonly identity: string }>>;

/** Once the plugins have started: some policies know their weights only then. */
export function recordPolicies(store: RunStore, session: Session, onIncident: (who: string, what: string) => void): void {
  const before = recorded(store);
  const now: Models = Object.fromEntries(
    [...session.services.useAll(POLICY)].map(([id, policy]) => [id, { model: policy.model, identity: policyIdentity(policy) }]),
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

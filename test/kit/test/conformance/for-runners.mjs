/** Two scorers in plain JavaScript: one that says that chance decides and skips all, one that forgets a row. */
const dimensions = { luck: { description: "how lucky it was" } };
const options = { type: "object", additionalProperties: false, properties: {} };

export const chancy = {
  meta: { name: "chancy", apiVersion: 1, kind: "scorer", description: "chance", options, supports: { deterministic: false } },
  setup(api) {
    api.hooks.score.tapPromise({ dimensions }, async (batch) => batch.map(() => ({ luck: { skipped: "no dice" } })));
  },
};

export const sloppy = {
  meta: { name: "sloppy", apiVersion: 1, kind: "scorer", description: "all but one", options },
  setup(api) {
    api.hooks.score.tapPromise({ dimensions }, async (batch) => batch.slice(1).map(() => ({ luck: { value: 1 } })));
  },
};

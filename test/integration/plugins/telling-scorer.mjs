/** A scorer that knows a token and tells it: in reasons, in errors, in its log. */
import { definePlugin, PluginError } from "@autotraj/core/plugin";

export default definePlugin({
  meta: {
    name: "telling-scorer",
    apiVersion: 1,
    kind: "scorer",
    description: "Tells too much",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        token: { type: "string", description: "Its token." },
        late: { type: "boolean", default: false, description: "Whether it throws where nobody catches it." },
      },
    },
  },
  setup(api, { token, late }) {
    api.onStart(async () => api.log.warn(`started with ${token}`));
    api.hooks.score.tapPromise({ dimensions: { told: { description: "It told." } } }, async (items) => {
      if (late)
        await new Promise(() =>
          setTimeout(() => {
            throw new Error(`too late: ${token}`);
          }),
        );
      if (items[0].query.id.endsWith("3")) throw new PluginError("TOLD", `no luck with ${token}`, { hint: `Try ${JSON.stringify(token)}.` });
      return items.map(() => ({ told: { value: 1, reason: `asked with ${encodeURIComponent(token)}` } }));
    });
  },
});

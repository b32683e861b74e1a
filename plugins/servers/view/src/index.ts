/** Shows runs in a browser of this machine. fastify is loaded where something is served, and nowhere before. */
import { fileURLToPath } from "node:url";
import { DIALECTS, definePlugin, RUN_VIEWER, SECRETS } from "@autotraj/core/plugin";
import type { Viewer } from "./server.ts";

/** Built by `npm run build` beside the compiled sources, whether these or the sources themselves run. */
const WEB_DIR = fileURLToPath(new URL("../dist/web", import.meta.url));

export default definePlugin<object>({
  meta: {
    name: "@autotraj/server-view",
    apiVersion: 1,
    kind: "server",
    description:
      "Shows runs in a browser: what was kept and why, what a repair changed, what was learnt; on this machine only. Runs are read and never written: what people do to their rows goes to a file of its own",
    options: { type: "object", additionalProperties: false, properties: {} },
    provides: [RUN_VIEWER],
    requires: [DIALECTS, SECRETS],
    supports: { deterministic: true, network: true },
  },
  setup(api) {
    const { hide } = api.use(SECRETS);
    const dialects = api.use(DIALECTS);
    const viewers = new Set<Viewer>();
    api.onDispose(async () => {
      for (const viewer of viewers) await viewer.close();
    });
    api.provide(RUN_VIEWER, {
      async serve(folders, { port, playEdit }) {
        const { Viewer } = await import("./server.ts");
        const viewer = new Viewer({ folders, port, hide, dialects, playEdit, cacheDir: api.cacheDir, webDir: WEB_DIR });
        viewers.add(viewer);
        const url = await viewer.listen();
        const close = () => viewer.close();
        return { url, drain: close, close };
      },
    });
  },
});

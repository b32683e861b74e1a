/** schema/api.yaml as fastify takes it, and as @fastify/swagger makes /openapi.json of it. */
import { readFileSync } from "node:fs";
import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import type { FastifyContextConfig, HTTPMethods } from "fastify";
import { parse } from "yaml";

/** A JSON Schema. */
type Schema = Readonly<Record<string, unknown>>;

interface Described {
  readonly summary: string;
  readonly body?: Schema;
  readonly params?: Schema;
  readonly querystring?: Schema;
  readonly answers: Readonly<Record<string, { readonly description: string; readonly type?: string; readonly schema?: Schema }>>;
  readonly open?: boolean;
}

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const API = parse(read("../schema/api.yaml"), { merge: true }) as { schemas: readonly Schema[]; routes: Readonly<Record<string, Described>> };
const { version } = JSON.parse(read("../package.json")) as { readonly version: string };

declare module "fastify" {
  interface FastifyContextConfig {
    /** Needs no token, and is served while draining. */
    open?: boolean;
    /** What the document says of its answers. */
    answers?: object;
  }
}

/** Those that routes refer to by name. */
export const SCHEMAS = API.schemas;

export const OPENAPI: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: "3.1.0",
    info: { title: "AutoTraj episodes and rewards", version },
    // The same routes are served below /t/<token> for clients that send no headers.
    servers: [{ url: "/" }, { url: "/t/{token}", variables: { token: { default: "token" } } }],
    components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    security: [{ token: [] }],
  },
  refResolver: { buildLocalReference: ({ $id }) => String($id) },
  // fastify itself is not told: it would look up, answer by answer, how each is to be written.
  transform: ({ schema, url, route }) => ({ schema: { ...schema, response: route.config?.answers }, url }),
  stripBasePath: false,
  convertConstToEnum: false,
};

/** Of errors, which look alike everywhere. */
const REFUSED = {
  description: "Refused or failed; `code` is stable, `message` is for people.",
  content: {
    "application/json": { schema: { type: "object", additionalProperties: false, required: ["error"], properties: { error: { $ref: "Problem#" } } } },
  },
};

/** All that fastify must know of the route of this name but what it does. */
export function describedRoute(name: string): { method: HTTPMethods; url: string; config: FastifyContextConfig; schema: object } {
  const described = API.routes[name];
  if (described === undefined) throw new Error(`schema/api.yaml does not describe ${name}`);
  const [method, url = ""] = name.split(" ");
  const { answers, open = false, ...asked } = described;
  const response = Object.entries(answers).map(([status, { description, type = "application/json", schema }]) => [
    status,
    schema === undefined ? { description, type: "null" } : { description, content: { [type]: { schema } } },
  ]);
  const config = { open, answers: { ...Object.fromEntries(response), default: REFUSED } };
  return { method: method as HTTPMethods, url, config, schema: { ...asked, ...(open ? { security: [] } : {}) } };
}

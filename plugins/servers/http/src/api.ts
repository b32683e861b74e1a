/** /openapi.json, from the same routes that are served. */
import { object, PROBLEM, type Route, type Schema } from "./route.ts";

const REFUSED = {
  description: "Refused or failed; `code` is stable, `message` is for people.",
  content: { "application/json": { schema: object({ error: PROBLEM }) } },
};

export function openApiOf(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.url.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "AutoTraj episodes and rewards", version },
    // The same routes are served below /t/<token> for clients that send no headers.
    servers: [{ url: "/" }, { url: "/t/{token}", variables: { token: { default: "token" } } }],
    components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    security: [{ token: [] }],
    paths,
  };
}

function operationOf({ summary, body, params, querystring, answers, open }: Route): object {
  const parameters = [...parametersOf(params, "path"), ...parametersOf(querystring, "query")];
  return {
    summary,
    ...(open === true ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: { "application/json": { schema: body } } } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, { description, schema, contentType = "application/json" }]) => [
          status,
          { description, ...(contentType === null ? {} : { content: { [contentType]: { schema: schema ?? { type: "string" } } } }) },
        ]),
      ),
      default: REFUSED,
    },
  };
}

function parametersOf(schema: Schema | undefined, place: "path" | "query"): object[] {
  const { properties = {}, required = [] } = (schema ?? {}) as { properties?: Record<string, Schema>; required?: readonly string[] };
  return Object.entries(properties).map(([name, one]) => ({ name, in: place, required: required.includes(name), schema: one }));
}

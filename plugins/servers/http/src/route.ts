/** A route as data: what fastify serves, checks requests against, and what /openapi.json says are the same objects. */
import type { FastifyReply, FastifyRequest } from "fastify";

/** A JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly description: string;
  /** Left out where the body is no JSON. */
  readonly schema?: Schema;
  /** Default `application/json`; `null` for an empty body. */
  readonly contentType?: string | null;
}

export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  readonly url: string;
  readonly summary: string;
  readonly body?: Schema;
  readonly params?: Schema;
  readonly querystring?: Schema;
  /** Answers by status, without errors, which look alike everywhere. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Needs no token, and is served while draining. */
  readonly open?: true;
  handle(request: FastifyRequest, reply: FastifyReply): unknown;
}

export const TEXT: Schema = { type: "string" };

export function object(properties: Readonly<Record<string, Schema>>, required: readonly string[] = Object.keys(properties)): Schema {
  return { type: "object", additionalProperties: false, required, properties };
}

export function list(items: Schema, limits: Schema = {}): Schema {
  return { type: "array", items, ...limits };
}

export const PROBLEM: Schema = object({ code: TEXT, message: TEXT });

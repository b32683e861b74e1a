/** What a route does. What it may be asked and what it answers stands under its name in schema/api.yaml. */
import type { FastifyReply, FastifyRequest } from "fastify";

export type Handle = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** By method and path: `POST /v1/sessions/:id/turn`. */
export type Routes = Readonly<Record<string, Handle>>;

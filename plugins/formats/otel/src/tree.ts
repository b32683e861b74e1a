/** A trace's spans by their parents: whose part of the trace a span is. */
import { scalarText } from "@autotraj/core/rows";
import { kindOf, type SpanKind } from "./kinds.ts";
import type { Span } from "./otlp.ts";

export interface Placed extends Span {
  readonly kind: SpanKind;
}

const AGENT_NAMES = ["gen_ai.agent.name", "agent.name", "graph.node.id", "traceloop.entity.name", "gen_ai.tool.name", "tool.name"] as const;

export class Tree {
  readonly #byId: ReadonlyMap<string, Placed>;

  constructor(spans: readonly Span[]) {
    this.#byId = new Map(spans.map((span) => [span.spanId, { ...span, kind: kindOf(span) }]));
  }

  /** From the parent up, as far as the trace was recorded. */
  above({ spanId, parentId }: Span): readonly Placed[] {
    const found: Placed[] = [];
    const seen = new Set([spanId]);
    for (let at = this.#byId.get(parentId); at !== undefined && !seen.has(at.spanId); at = this.#byId.get(at.parentId)) {
      found.push(at);
      seen.add(at.spanId);
    }
    return found;
  }

  /** The agent that a span belongs to. The outermost ones go by their names, since some are told anew for each turn; those inside others, by their spans. */
  agentOf(span: Span): string {
    const around = this.above(span).filter(({ kind }) => kind === "agent" || kind === "tool");
    const [nearest] = around;
    if (nearest === undefined) return "";
    return around.length > 1 || nearest.kind === "tool" ? nearest.spanId : nameOf(nearest);
  }

  agentName(span: Span): string {
    const nearest = this.above(span).find(({ kind }) => kind === "agent" || kind === "tool");
    return nearest === undefined ? "" : nameOf(nearest);
  }
}

function nameOf({ attributes, name }: Span): string {
  return AGENT_NAMES.map((key) => scalarText(attributes[key]) ?? "").find((text) => text !== "") ?? name;
}

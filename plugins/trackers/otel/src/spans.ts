/** Events of a run as spans: run → question → invoke_agent → chat and execute_tool, in the names of OpenTelemetry's GenAI conventions. */

import type { Activity, RunEvent, Scores, Verdict } from "@autotraj/core/plugin";
import { type Attributes, type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import { finishReason, type ModelTexts, modelTexts, textPart } from "./messages.ts";
import type { OtelTrackerOptions } from "./options.ts";

type Of<Name extends RunEvent["event"]> = Extract<RunEvent, { event: Name }>;

interface Open {
  readonly span: Span;
  readonly context: Context;
  readonly kind: Activity["kind"];
  readonly within: number | undefined;
  /** Spans that have ended but for what is found out until the question ends: scores, verdict, fate. */
  readonly waiting: { readonly span: Span; readonly at: number }[];
}

export class Spans {
  readonly #tracer: Tracer;
  readonly #traces: OtelTrackerOptions["traces"];
  readonly #open = new Map<number, Open>();
  /** By the id of the trajectory that was written, or is being repaired. */
  readonly #written = new Map<string, Span>();
  readonly #repairs = new Map<string, Span>();
  /** Those whose scores are in them. */
  readonly #evaluated = new WeakSet<Span>();

  constructor(tracer: Tracer, traces: OtelTrackerOptions["traces"]) {
    this.#tracer = tracer;
    this.#traces = traces;
  }

  tell(event: RunEvent): void {
    if (event.event === "start") this.#start(event);
    else if (event.event === "end") this.#end(event);
    else if (event.event === "model-call") this.#modelCall(event);
    else if (event.event === "tool-call") this.#toolCall(event);
    else if (event.event === "trajectory") this.#trajectory(event);
    else if (event.event === "incident")
      this.#note(event, "autotraj.incident", { "autotraj.incident.who": event.who, "autotraj.incident.what": event.what });
    else if (event.event === "evaluation")
      this.#note(event, "autotraj.evaluation", { "autotraj.model": event.model, ...figures("autotraj.evaluation", event.figures) });
    else if (event.event === "stage-result")
      this.#around(event)?.span.setAttributes({ "autotraj.stage.is_new": event.isNew, ...figures("autotraj.metric", event.metrics) });
  }

  /** What the run's end never came for. */
  close(at: number): void {
    for (const { span, waiting } of [...this.#open.values()].reverse()) {
      for (const one of waiting) one.span.end(one.at);
      span.end(at);
    }
    this.#open.clear();
  }

  #start({ id, activity, at, within, content }: Of<"start">): void {
    const { name, attributes } = described(activity, content);
    const around = this.#around({ within });
    const isRoot = activity.kind === "question" && this.#traces === "question";
    const links = isRoot && around !== undefined ? [{ context: around.span.spanContext() }] : [];
    const span = this.#tracer.startSpan(
      name,
      { kind: SpanKind.INTERNAL, startTime: at, attributes, links },
      isRoot ? ROOT_CONTEXT : this.#context({ within }),
    );
    this.#open.set(id, { span, context: trace.setSpan(ROOT_CONTEXT, span), kind: activity.kind, within, waiting: [] });
    if (activity.kind === "repair") this.#repairs.set(activity.original, span);
  }

  #end({ id, kind, at, outcome, reason, trajectory, figures: ofRun = {} }: Of<"end">): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    const { span, waiting } = open;
    span.setAttributes({ "autotraj.outcome": outcome, ...figures("autotraj.funnel", ofRun) });
    if (outcome === "failed") span.setStatus({ code: SpanStatusCode.ERROR, ...(reason === undefined ? {} : { message: reason }) });
    if (trajectory !== undefined) span.setAttribute("autotraj.trajectory.id", trajectory);
    const question = kind === "rollout" || kind === "repair" ? this.#question(open.within) : undefined;
    if (question === undefined) span.end(at);
    else {
      question.waiting.push({ span, at });
      if (trajectory !== undefined) this.#written.set(trajectory, span);
    }
    if (kind !== "question") return;
    for (const one of waiting) one.span.end(one.at);
    const ended = new Set(waiting.map((one) => one.span));
    for (const known of [this.#written, this.#repairs]) for (const [key, one] of known) if (ended.has(one)) known.delete(key);
  }

  #modelCall(event: Of<"model-call">): void {
    const { at, milliseconds, policy, model, sampling, usage, usd, finish, stored, error, content } = event;
    const span = this.#tracer.startSpan(
      `chat ${model}`,
      {
        kind: SpanKind.CLIENT,
        startTime: at - milliseconds,
        attributes: {
          "gen_ai.operation.name": "chat",
          "gen_ai.provider.name": policy,
          "gen_ai.request.model": model,
          "gen_ai.request.temperature": sampling.temperature,
          "gen_ai.request.top_p": sampling.topP,
          "gen_ai.request.top_k": sampling.topK,
          "gen_ai.request.max_tokens": sampling.maxTokens,
          ...(finish === undefined ? {} : { "gen_ai.response.finish_reasons": [finishReason(finish)] }),
          ...(stored ? { "autotraj.stored": true } : spent(usage, usd)),
          ...(content === undefined ? {} : modelTexts(content as unknown as ModelTexts)),
        },
      },
      this.#context(event),
    );
    finished(span, at, error);
  }

  #toolCall(event: Of<"tool-call">): void {
    const { at, milliseconds, tool, name, ok, stored, error, content } = event;
    const { arguments: given, result } = (content ?? {}) as { readonly arguments?: unknown; readonly result?: { readonly content: string } };
    const span = this.#tracer.startSpan(
      `execute_tool ${name}`,
      {
        kind: SpanKind.INTERNAL,
        startTime: at - milliseconds,
        attributes: {
          "gen_ai.operation.name": "execute_tool",
          "gen_ai.tool.name": name,
          "gen_ai.tool.type": "function",
          "autotraj.tool": tool,
          ...(stored ? { "autotraj.stored": true } : {}),
          ...(given === undefined ? {} : { "gen_ai.tool.call.arguments": JSON.stringify(given) }),
          ...(result === undefined ? {} : { "gen_ai.tool.call.result": result.content }),
        },
      },
      this.#context(event),
    );
    finished(span, at, error ?? (ok === false ? "the tool reported a failure" : undefined));
  }

  /** What is known of a candidate belongs to its own span, what is known of a repair to that of the repair. */
  #trajectory(event: Of<"trajectory">): void {
    const { trajectory, provenance, fate, scores, verdict, finish, content, at } = event;
    const texts = content as { readonly scores: Scores; readonly verdict?: Verdict } | undefined;
    const { parent, repairer, attempt } = provenance;
    const judged = { "autotraj.trajectory.id": trajectory, "autotraj.fate": fate, "autotraj.finish": finish, ...decision(texts?.verdict ?? verdict) };
    if (parent !== undefined) {
      const who = {
        ...(repairer === undefined ? {} : { "autotraj.repairer": repairer }),
        ...(attempt === undefined ? {} : { "autotraj.attempt": attempt }),
      };
      const repair = this.#repairs.get(parent);
      repair?.addEvent("autotraj.repair", { ...judged, ...who }, at);
      evaluated(repair, texts?.scores ?? scores, { "autotraj.trajectory.id": trajectory }, at);
      return;
    }
    const known = this.#written.get(trajectory);
    const span = known ?? this.#recorded(event);
    span.setAttributes({ ...judged, ...valuesOf(scores) });
    // A second telling brings the fate, and the same scores.
    if (!this.#evaluated.has(span)) evaluated(span, texts?.scores ?? scores, {}, at);
    this.#evaluated.add(span);
  }

  /** A candidate that nobody wrote here. */
  #recorded(event: Of<"trajectory">): Span {
    const { at, trajectory, within } = event;
    const attributes = { "gen_ai.operation.name": "invoke_agent", "autotraj.origin": event.provenance.origin };
    const span = this.#tracer.startSpan("invoke_agent recorded", { kind: SpanKind.INTERNAL, startTime: at, attributes }, this.#context(event));
    const question = this.#question(within);
    if (question === undefined) span.end(at);
    else question.waiting.push({ span, at });
    this.#written.set(trajectory, span);
    return span;
  }

  #note(event: RunEvent, name: string, attributes: Attributes): void {
    this.#around(event)?.span.addEvent(name, attributes, event.at);
  }

  #around({ within }: { readonly within?: number | undefined }): Open | undefined {
    return within === undefined ? undefined : this.#open.get(within);
  }

  #context(event: { readonly within?: number | undefined }): Context {
    return this.#around(event)?.context ?? ROOT_CONTEXT;
  }

  #question(within: number | undefined): Open | undefined {
    const open = this.#around({ within });
    return open === undefined || open.kind === "question" ? open : this.#question(open.within);
  }
}

function described(activity: Activity, content: Of<"start">["content"]): { readonly name: string; readonly attributes: Attributes } {
  switch (activity.kind) {
    case "run": {
      const { runId, preset, questions, plugins } = activity;
      const attributes = { "autotraj.run.id": runId, "autotraj.preset": preset, "autotraj.questions": questions, "autotraj.plugins": [...plugins] };
      return { name: `run ${preset}`, attributes };
    }
    case "round":
      return { name: `round ${activity.round}`, attributes: { "autotraj.round": activity.round } };
    case "question":
      return { name: "question", attributes: { "autotraj.query.id": activity.query, "autotraj.query.position": activity.position } };
    case "repair":
      return { name: "repair", attributes: { "autotraj.repair.original": activity.original } };
    case "stage":
      return { name: `stage ${activity.stage}`, attributes: { "autotraj.stage": activity.stage } };
    case "rollout": {
      const { policy, key, origin, query } = activity;
      const attributes = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": policy,
        "autotraj.query.id": query,
        "autotraj.rollout.key": key,
        "autotraj.origin": origin,
        ...asked(content),
      };
      return { name: `invoke_agent ${policy}`, attributes };
    }
  }
}

function asked(content: Of<"start">["content"]): Attributes {
  const { system, question } = (content ?? {}) as { readonly system?: string; readonly question?: string };
  if (question === undefined) return {};
  return {
    ...(system === undefined || system === "" ? {} : { "gen_ai.system_instructions": JSON.stringify([textPart(system)]) }),
    "gen_ai.input.messages": JSON.stringify([{ role: "user", parts: [textPart(question)] }]),
  };
}

function spent(usage: Of<"model-call">["usage"], usd: number | undefined): Attributes {
  return {
    ...(usage === undefined
      ? {}
      : {
          "gen_ai.usage.input_tokens": usage.promptTokens,
          "gen_ai.usage.output_tokens": usage.completionTokens,
          "gen_ai.usage.cache_read.input_tokens": usage.cachedTokens,
        }),
    ...(usd === undefined ? {} : { "autotraj.usd": usd }),
  };
}

function finished(span: Span, at: number, error: string | undefined): void {
  if (error !== undefined) {
    span.setAttribute("error.type", "_OTHER");
    span.setStatus({ code: SpanStatusCode.ERROR, message: error });
  }
  span.end(at);
}

function decision(verdict: Partial<Verdict> | undefined): Attributes {
  if (verdict === undefined) return {};
  const { decision, cause, by, reason } = verdict;
  const known = { decision, cause, by, reason };
  return Object.fromEntries(Object.entries(known).flatMap(([name, value]) => (value === undefined ? [] : [[`autotraj.verdict.${name}`, value]])));
}

function valuesOf(scores: Scores): Attributes {
  return Object.fromEntries(Object.entries(scores).flatMap(([name, score]) => ("value" in score ? [[`autotraj.score.${name}`, score.value]] : [])));
}

/** An event per dimension that has a value, as the conventions have evaluations. */
function evaluated(span: Span | undefined, scores: Scores, more: Attributes, at: number): void {
  for (const [name, score] of Object.entries(scores)) {
    if (!("value" in score)) continue;
    const explanation = score.reason === undefined ? {} : { "gen_ai.evaluation.explanation": score.reason };
    span?.addEvent(
      "gen_ai.evaluation.result",
      { "gen_ai.evaluation.name": name, "gen_ai.evaluation.score.value": score.value, ...explanation, ...more },
      at,
    );
  }
}

function figures(prefix: string, values: Readonly<Record<string, number>>): Attributes {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]));
}

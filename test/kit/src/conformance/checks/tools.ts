/** What tools and policies owe besides their answers: a definition, an identity that lasts, sessions that end. */
import { POLICY, type Policy, TOOL, type ToolDefinition } from "@autotraj/core/plugin";
import type { Bench } from "../bench.ts";
import type { Check } from "../check.ts";
import { complain } from "../complaint.ts";
import { brief } from "../differences.ts";
import { isUnstarted } from "./when.ts";

const BEGUN = "does what its kind is for";

const describes: Check = {
  group: "tool",
  name: "describes its tools",
  needs: [BEGUN],
  kinds: ["tool"],
  skips: isUnstarted,
  async run(bench) {
    for (const { definition } of (await bench.shared()).offered(TOOL).values()) {
      const wrong = wrongDefinition(definition);
      if (wrong !== undefined) complain(`the definition of "${definition?.name}" ${wrong}`);
    }
  },
};

function wrongDefinition({ name, description, parameters, tag }: ToolDefinition): string | undefined {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(String(name))) return "has a name that models' APIs do not take: letters, digits, _ and -, at most 64";
  if (typeof description !== "string" || description.trim() === "") return "has no description: it is all that a model is told of it";
  if (parameters?.["type"] !== "object") return "has no parameters: they are a JSON Schema of type object";
  const properties = (parameters["properties"] ?? {}) as Readonly<Record<string, unknown>>;
  const foreign = ((parameters["required"] ?? []) as readonly string[]).find((required) => !(required in properties));
  if (foreign !== undefined) return `requires "${foreign}", which its properties do not have`;
  if (tag === undefined || tag.argument in properties) return undefined;
  return `has the tag <${tag.name}>, which fills "${tag.argument}": no property is called so`;
}

const lasting: Check = {
  group: "tool",
  name: "has the same identity in every run",
  needs: [BEGUN],
  kinds: ["tool", "policy"],
  skips: isUnstarted,
  async run(bench) {
    const first = identities(bench, await bench.shared());
    const other = await bench.fresh();
    try {
      const second = new Map(identities(bench, other));
      for (const [who, identity] of first) {
        if (typeof identity !== "string" || identity === "")
          complain(`the identity of ${who} is ${brief(identity)}: it is a text, part of what stored calls are found by`);
        if (second.get(who) !== identity)
          complain(
            `the identity of ${who} is ${brief(identity)}, and ${brief(second.get(who))} when it is set up again: stored calls would never be found`,
          );
      }
    } finally {
      await other.dispose();
    }
  },
};

function identities({ plugin }: Bench, subject: Awaited<ReturnType<Bench["shared"]>>): readonly (readonly [string, unknown])[] {
  const services = plugin.meta.kind === "tool" ? subject.offered(TOOL) : subject.offered(POLICY);
  return [...services].map(([id, { identity }]) => [`the ${plugin.meta.kind} "${id}"`, identity]);
}

const ends: Check = {
  group: "tool",
  name: "ends sessions that it does not know",
  needs: [BEGUN],
  kinds: ["tool", "policy"],
  skips: isUnstarted,
  async run(bench) {
    const subject = await bench.shared();
    for (const service of [...subject.offered(TOOL).values(), ...subject.offered(POLICY).values()]) {
      try {
        for (const _time of [1, 2]) service.endSession?.("a session that never was");
      } catch (error) {
        complain(`endSession throws "${error instanceof Error ? error.message : String(error)}" for a session in which nothing was called`);
      }
    }
  },
};

const declares: Check = {
  group: "policy",
  name: "says what it writes with",
  needs: [BEGUN],
  kinds: ["policy"],
  skips: isUnstarted,
  async run(bench) {
    for (const policy of (await bench.shared()).offered(POLICY).values()) {
      const wrong = wrongPolicy(policy);
      if (wrong !== undefined) complain(wrong);
    }
  },
};

function wrongPolicy({ model, dialects, deterministic, concurrency, price }: Policy): string | undefined {
  if (typeof model !== "string" || model === "") return "its model is no text: provenance and tables name it";
  if (!Array.isArray(dialects) || dialects.length === 0) return "it speaks no dialect: its dialects are tags, native, or both";
  const foreign = dialects.find((dialect) => dialect !== "tags" && dialect !== "native");
  if (foreign !== undefined) return `it speaks the dialect ${brief(foreign)}; there are tags and native`;
  if (typeof deterministic !== "boolean") return "it does not say whether it is `deterministic`";
  if (concurrency !== undefined && !(Number.isSafeInteger(concurrency) && concurrency > 0))
    return `its concurrency is ${brief(concurrency)}: a whole number of 1 or more`;
  const costs = price === undefined ? [] : [price.input, price.output, price.cachedInput ?? 0];
  return costs.every((usd) => Number.isFinite(usd) && usd >= 0) ? undefined : `its price is ${brief(price)}: USD per million tokens, 0 or more`;
}

export const TOOLS: readonly Check[] = [describes, declares, lasting, ends];

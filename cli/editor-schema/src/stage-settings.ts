/** What a preset may say of a stage: its own settings, and those of every trainer that does it. */
import { isDeepStrictEqual } from "node:util";
import type { DescribedStage, PluginMeta } from "@autotraj/core";
import { eachOf, nullable, type SchemaNode } from "./schema-node.ts";

/** A plugin with the stages that it offers or trains. */
export interface PluginOfStages {
  readonly meta: Pick<PluginMeta, "name" | "kind">;
  readonly stages: readonly DescribedStage[];
}

/** What becomes of a setting that nobody knows who is known here: somebody else's, or a mistake. */
export type Unknown = "allowed" | "refused";

/** Marks for the kernel's own checks. */
const MARKS = ["path", "secret", "nullable"];

/** One setting as one plugin has it. */
interface Variant {
  /** The trainer's short name; empty for the stage's own. */
  readonly by: string;
  readonly schema: SchemaNode;
}

/** A stage's own settings, then those of every trainer that does it. */
export function stageSettings({ settings, trains }: DescribedStage, plugins: readonly PluginOfStages[], unknown: Unknown): SchemaNode {
  const own = eachOf(propertiesOf(settings), (schema) => united([{ by: "", schema }], 1, unknown));
  const trained = plugins
    .filter(({ meta }) => trains !== undefined && meta.kind === "trainer")
    .flatMap(({ meta, stages }) => stages.filter(({ name }) => name === trains).map((stage) => ({ by: shortName(meta), settings: stage.settings })));
  const all = trained.flatMap(({ by, settings: one }) => Object.entries(propertiesOf(one)).map(([name, schema]) => ({ name, by, schema })));
  const others = [...Map.groupBy(all, ({ name }) => name)].map(([name, variants]) => [name, united(variants, trained.length, unknown)] as const);
  const properties = { ...Object.fromEntries(others), ...own };
  // Null and false take the whole stage back.
  const whole = { type: ["object", "boolean", "null"], properties };
  if (unknown === "allowed") return whole;
  const trainer = { type: ["string", "null"], description: "Which trainer backend runs this stage." };
  return { ...whole, properties: { ...properties, ...(trains === undefined ? {} : { trainer }) }, additionalProperties: false };
}

function propertiesOf(schema: object): Readonly<Record<string, SchemaNode>> {
  return (schema as SchemaNode).properties ?? {};
}

/** `@autotraj/trainer-trl` → `trl` */
function shortName({ name, kind }: Pick<PluginMeta, "name" | "kind">): string {
  return (name.split("/").at(-1) ?? name).replace(`${kind}-`, "");
}

/**
 * One setting by all who know it: what any of them takes is right here, and so is null, which takes back what an extended preset says.
 * @param readers how many could know it: where some do not, the description says who does
 */
function united(variants: readonly Variant[], readers: number, unknown: Unknown): SchemaNode {
  const parts = variants.map(({ by, schema: { description = "", default: preset, ...rules } }) => ({
    ...{ by, description, preset },
    rules: plainRules(rules, unknown),
  }));
  const first = parts[0]?.preset;
  const isCommon = parts.every(({ preset }) => isDeepStrictEqual(preset, first));
  const texts = parts.map(({ by, description, preset }) => ({
    by,
    text: isCommon || preset === undefined ? description : `${description} Default: ${JSON.stringify(preset)}.`,
  }));
  return {
    description: said(texts, readers),
    ...orNull(parts.map(({ rules }) => rules)),
    ...(isCommon && first !== undefined ? { default: first } : {}),
  };
}

function said(texts: readonly { readonly by: string; readonly text: string }[], readers: number): string {
  const groups = [...Map.groupBy(texts, ({ text }) => text)];
  if (groups.length === 1 && texts.length === readers) return groups[0]?.[0] ?? "";
  return groups.map(([text, members]) => `${members.map(({ by }) => by).join(", ")}: ${text}`).join("\n\n");
}

function orNull(rules: readonly SchemaNode[]): SchemaNode {
  const different = rules.filter((one, index) => rules.findIndex((other) => isDeepStrictEqual(one, other)) === index);
  if (different.every(({ enum: values }) => values !== undefined))
    return { enum: [...new Set([...different.flatMap(({ enum: values }) => values), null])] };
  const [only = {}, ...others] = different;
  return others.length > 0 ? { anyOf: [...different, { type: "null" }] } : nullable(only);
}

/** Without our marks at all depths, open unless what is unknown is refused; one value is a list of one. */
function plainRules(rules: SchemaNode, unknown: Unknown): SchemaNode {
  const isOurs = ([key, value]: [string, unknown]) =>
    MARKS.includes(key) || (unknown === "allowed" && key === "additionalProperties" && value === false);
  const { const: only, ...plain } = Object.fromEntries(Object.entries(rules).filter((entry) => !isOurs(entry))) as SchemaNode;
  if (only !== undefined) return { enum: [only] };
  if (plain.enum !== undefined) return { enum: plain.enum };
  const type = rules["nullable"] === true ? { type: [plain.type, "null"] as string[] } : {};
  const inner = plain.properties && { properties: eachOf(plain.properties, (schema) => nullable(plainRules(schema, unknown))) };
  return { ...plain, ...type, ...inner };
}

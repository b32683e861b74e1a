/**
 * The schema by which editors complete and check presets: the kernel's own, with the settings of AutoTraj's stages and of all its trainers. What is of another
 * plugin stays unsaid: a setting that is unknown here is no mistake.
 */
import { isDeepStrictEqual } from "node:util";

/** Marks for the kernel's own checks. */
const MARKS = ["path", "secret", "nullable"];

/** @param plugins all there are, each with the stages that it offers or trains */
export function editorSchema(presetSchema, plugins) {
  const stages = plugins.filter(({ meta }) => meta.kind === "stage").flatMap((plugin) => plugin.stages);
  const definitions = Object.fromEntries(stages.map((stage) => [`${stage.name}-settings`, settingsOf(stage, plugins)]));
  const settingsRef = ({ name }) => ({ $ref: `#/definitions/${name}-settings` });
  const { properties, ...schema } = oneFile(presetSchema);
  const { stages: section, ablations } = properties;
  const known = Object.fromEntries(stages.map((stage) => [stage.name, { ...section.properties[stage.name], allOf: [settingsRef(stage)] }]));
  const rules = stages.map((stage) => ({
    if: { required: ["stage"], properties: { stage: { const: stage.name } } },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own keyword
    then: { properties: { settings: settingsRef(stage) } },
  }));
  return {
    ...schema,
    definitions,
    properties: {
      ...properties,
      stages: { ...section, properties: { ...section.properties, ...known } },
      ablations: { ...ablations, additionalProperties: { ...ablations.additionalProperties, allOf: rules } },
    },
  };
}

/** One file may leave anything to those that it extends, and null takes back what they say. */
function oneFile({ required: _required, ...schema }) {
  const { properties, additionalProperties, items } = schema;
  const isSchema = typeof additionalProperties === "object";
  const inner = properties && Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, nullable(oneFile(one))]));
  return {
    ...schema,
    ...(items === undefined ? {} : { items: oneFile(items) }),
    ...(properties === undefined ? {} : { properties: inner }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: isSchema ? nullable(oneFile(additionalProperties)) : additionalProperties }),
  };
}

function nullable(schema) {
  const { type, enum: values } = schema;
  return {
    ...schema,
    ...(type === undefined ? {} : { type: [...new Set([type, "null"].flat())] }),
    ...(values === undefined ? {} : { enum: [...new Set([...values, null])] }),
  };
}

/** A stage's own, then those of every trainer that does it. */
function settingsOf({ settings, trains }, plugins) {
  const own = Object.entries(settings.properties).map(([name, schema]) => [name, united([{ by: "", schema }], 1)]);
  const trained = plugins
    .filter(({ meta }) => trains !== undefined && meta.kind === "trainer")
    .flatMap(({ meta, stages }) => stages.filter(({ name }) => name === trains).map(({ settings }) => ({ by: shortName(meta), settings })));
  const all = trained.flatMap(({ by, settings }) => Object.entries(settings.properties).map(([name, schema]) => ({ name, by, schema })));
  const others = [...Map.groupBy(all, ({ name }) => name)].map(([name, variants]) => [name, united(variants, trained.length)]);
  // Null and false take the whole stage back.
  return { type: ["object", "boolean", "null"], properties: Object.fromEntries([...others, ...own]) };
}

/** `@autotraj/trainer-trl` → `trl` */
function shortName({ name, kind }) {
  return name.split("/").at(-1).replace(`${kind}-`, "");
}

/**
 * One setting by all who know it: what any of them takes is right here, and so is null, which takes back what an extended preset says.
 * @param readers how many could know it: where some do not, the description says who does
 */
function united(variants, readers) {
  const parts = variants.map(({ by, schema: { description, default: preset, ...rules } }) => ({ by, description, preset, rules: plainRules(rules) }));
  const [first] = parts;
  const isCommon = parts.every(({ preset }) => isDeepStrictEqual(preset, first.preset));
  const texts = parts.map(({ by, description, preset }) => ({
    by,
    text: isCommon || preset === undefined ? description : `${description} Default: ${JSON.stringify(preset)}.`,
  }));
  return {
    description: said(texts, readers),
    ...orNull(parts.map(({ rules }) => rules)),
    ...(isCommon && first.preset !== undefined ? { default: first.preset } : {}),
  };
}

function said(texts, readers) {
  const groups = [...Map.groupBy(texts, ({ text }) => text)];
  if (groups.length === 1 && texts.length === readers) return groups[0][0];
  return groups.map(([text, members]) => `${members.map(({ by }) => by).join(", ")}: ${text}`).join("\n\n");
}

function orNull(rules) {
  const different = rules.filter((one, index) => rules.findIndex((other) => isDeepStrictEqual(one, other)) === index);
  if (different.every(({ enum: values }) => values !== undefined))
    return { enum: [...new Set([...different.flatMap(({ enum: values }) => values), null])] };
  const [only, ...others] = different;
  if (others.length > 0) return { anyOf: [...different, { type: "null" }] };
  return nullable(only);
}

/** Without our marks, and open, at all depths; one value is a list of one. */
function plainRules(rules) {
  const isOurs = ([key, value]) => MARKS.includes(key) || (key === "additionalProperties" && value === false);
  const { const: only, ...plain } = Object.fromEntries(Object.entries(rules).filter((entry) => !isOurs(entry)));
  if (only !== undefined) return { enum: [only] };
  if (plain.enum !== undefined) return { enum: plain.enum };
  const type = rules.nullable === true ? { type: [plain.type, "null"] } : {};
  const inner = plain.properties && {
    properties: Object.fromEntries(Object.entries(plain.properties).map(([name, schema]) => [name, nullable(plainRules(schema))])),
  };
  return { ...plain, ...type, ...inner };
}

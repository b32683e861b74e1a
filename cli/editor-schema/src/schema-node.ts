/** JSON Schema as it is read and written here, and what a single file of a preset may say that a resolved one may not. */

export interface SchemaNode {
  readonly [keyword: string]: unknown;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly items?: SchemaNode;
}

/** Takes null beside what it takes: a value may be taken back. */
export function nullable(schema: SchemaNode): SchemaNode {
  const { type, enum: values, anyOf } = schema;
  return {
    ...schema,
    ...(type === undefined ? {} : { type: [...new Set([type, "null"].flat())] }),
    ...(values === undefined ? {} : { enum: [...new Set([...values, null])] }),
    ...(Array.isArray(anyOf) ? { anyOf: [...anyOf, { type: "null" }] } : {}),
  };
}

/** One file may leave anything to those that it extends, and null takes back what they say. */
export function oneFile({ required: _required, ...schema }: SchemaNode): SchemaNode {
  const { properties, additionalProperties, items } = schema;
  return {
    ...schema,
    ...(items === undefined ? {} : { items: oneFile(items) }),
    ...(properties === undefined ? {} : { properties: eachOf(properties, (one) => nullable(oneFile(one))) }),
    ...(typeof additionalProperties === "object" ? { additionalProperties: nullable(oneFile(additionalProperties)) } : {}),
  };
}

export function eachOf(
  properties: Readonly<Record<string, SchemaNode>>,
  change: (schema: SchemaNode, name: string) => SchemaNode,
): Readonly<Record<string, SchemaNode>> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, change(schema, name)]));
}

/** A pointer to a definition, whatever its name. */
export function definition(name: string): SchemaNode {
  return { $ref: `#/definitions/${name.replaceAll("~", "~0").replaceAll("/", "~1")}` };
}

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** The part of an OpenAPI 3.0 schema that Omnisend's document uses. */
export type Schema = {
  readonly $ref?: string | undefined;
  readonly type?: 'array' | 'boolean' | 'integer' | 'number' | 'object' | 'string' | undefined;
  readonly nullable?: boolean | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: boolean | Schema | undefined;
  readonly items?: Schema | undefined;
  readonly allOf?: readonly [Schema] | undefined;
  readonly minItems?: number | undefined;
  readonly maxItems?: number | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly maxLength?: number | undefined;
};

// Strict: a keyword that is not checked here must not go by unseen.
const schema: z.ZodType<Schema> = z.strictObject({
  $ref: z.string().optional(),
  type: z.enum(['array', 'boolean', 'integer', 'number', 'object', 'string']).optional(),
  nullable: z.boolean().optional(),
  enum: z.array(z.unknown()).optional(),
  get properties() {
    return z.record(z.string(), schema).optional();
  },
  required: z.array(z.string()).optional(),
  get additionalProperties() {
    return z.union([z.boolean(), schema]).optional();
  },
  get items() {
    return schema.optional();
  },
  // It has one member wherever it occurs; several would need their properties joined.
  get allOf() {
    return z.tuple([schema]).optional();
  },
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  maxLength: z.number().optional(),
  ...Object.fromEntries(
    ['description', 'example', 'default', 'readOnly', 'title'].map((name) => [name, z.unknown().optional()]),
  ),
});

const reference = z.object({ $ref: z.string() });
const content = z.record(z.string(), z.object({ schema }));
const requestBody = z.object({ content, required: z.boolean().optional() });
const parameter = z.object({
  in: z.enum(['header', 'path', 'query']),
  name: z.string(),
  required: z.boolean().optional(),
  schema,
});
export type Parameter = z.infer<typeof parameter>;

const operation = z.object({
  parameters: z.array(z.union([reference, parameter])).default([]),
  requestBody: z.union([reference, requestBody]).optional(),
  responses: z.record(z.string(), z.object({ content: content.optional() })),
});

const documentSchema = z.object({
  info: z.object({ version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({
    schemas: z.record(z.string(), schema),
    parameters: z.record(z.string(), parameter),
    requestBodies: z.record(z.string(), requestBody),
  }),
});

export type Operation = {
  /** Such as `GET /batches/{batchID}`. */
  readonly name: string;
  readonly method: string;
  readonly path: RegExp;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
  /** By status; null where no body is declared. */
  readonly answers: ReadonlyMap<number, Schema | null>;
};

export type ContractDocument = {
  readonly version: string;
  readonly operations: readonly Operation[];
  readonly schemas: Readonly<Record<string, Schema>>;
};

function lookUp<T>(entries: Readonly<Record<string, T>>, ref: string): T {
  const found = entries[ref.split('/').at(-1) ?? ''];
  if (found === undefined) throw new Error(`The document has no ${ref}.`);
  return found;
}

const firstSchema = (declared: z.infer<typeof content> | undefined): Schema | undefined =>
  Object.values(declared ?? {})[0]?.schema;

function readOperations({ paths, components }: z.infer<typeof documentSchema>): Operation[] {
  const found = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, declared]) => {
      const { requestBody: body } = declared;
      const resolved = body && '$ref' in body ? lookUp(components.requestBodies, body.$ref) : body;
      return {
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path: new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
        parameters: declared.parameters.map((one) =>
          '$ref' in one ? lookUp(components.parameters, one.$ref) : one,
        ),
        body: firstSchema(resolved?.content),
        answers: new Map(
          Object.entries(declared.responses).map(([status, { content }]) => [
            Number(status),
            firstSchema(content) ?? null,
          ]),
        ),
      };
    }),
  );
  // `/contacts/tags` also looks like `/contacts/{id}`: what has no placeholder is asked first.
  return found.sort((a, b) => Number(a.name.includes('{')) - Number(b.name.includes('{')));
}

// It lies beside the checkout where it is at hand; it is not ours to publish.
const file = fileURLToPath(
  new URL('../../../../../shared/reference/omnisend-openapi-2026-03-15.json', import.meta.url),
);

/** Omnisend's OpenAPI document, or undefined where it is not at hand. Throws on what it does not understand. */
export function readDocument(): ContractDocument | undefined {
  if (!existsSync(file)) return undefined;
  const parsed = documentSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  return {
    version: parsed.info.version,
    operations: readOperations(parsed),
    schemas: parsed.components.schemas,
  };
}

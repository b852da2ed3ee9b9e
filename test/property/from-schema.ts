import fc from 'fast-check';
import { z } from 'zod';

/** The part of JSON Schema that the app's documents use. */
interface Schema {
  readonly type?: string | readonly string[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly oneOf?: readonly Schema[] | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly propertyNames?: Schema | undefined;
  readonly additionalProperties?: boolean | Schema | undefined;
  readonly items?: Schema | undefined;
  readonly minItems?: number | undefined;
  readonly maxItems?: number | undefined;
  readonly pattern?: string | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
}

const schemas: z.ZodType<Schema> = z.lazy(() =>
  z.looseObject({
    type: z.union([z.string(), z.array(z.string())]).optional(),
    enum: z.array(z.unknown()).optional(),
    const: z.unknown().optional(),
    anyOf: z.array(schemas).optional(),
    oneOf: z.array(schemas).optional(),
    properties: z.record(z.string(), schemas).optional(),
    required: z.array(z.string()).optional(),
    propertyNames: schemas.optional(),
    additionalProperties: z.union([z.boolean(), schemas]).optional(),
    items: schemas.optional(),
    minItems: z.number().optional(),
    maxItems: z.number().optional(),
    pattern: z.string().optional(),
    minLength: z.number().optional(),
    maxLength: z.number().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
  }),
);

/** Values that hold to a JSON Schema, as far as it tells. Throws for one that says what is not known here. */
export const valuesOf = (schema: unknown): fc.Arbitrary<unknown> => valueIn(schemas.parse(schema));

const few = 5;

const valueIn = (schema: Schema): fc.Arbitrary<unknown> => {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map(valueIn));
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type) => valueIn({ ...schema, type })));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const { minimum = -1e6, maximum = 1e6 } = schema;
  switch (schema.type) {
    case undefined:
      return fc.jsonValue();
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: minimum, max: Math.min(maximum, 2 ** 31 - 1) });
    case 'number':
      return fc.double({ min: minimum, max: maximum, noNaN: true });
    case 'string':
      return textOf(schema);
    case 'array': {
      const { items = {}, minItems = 0, maxItems = few } = schema;
      return fc.array(valueIn(items), { minLength: minItems, maxLength: Math.min(maxItems, few) });
    }
    case 'object':
      return objectOf(schema);
    default:
      throw new Error(`The type ${schema.type} is not known.`);
  }
};

const textOf = ({ pattern, minLength = 0, maxLength = 200 }: Schema): fc.Arbitrary<string> =>
  pattern === undefined
    ? fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 200) })
    : fc.stringMatching(new RegExp(pattern));

const objectOf = ({
  properties = {},
  required = [],
  propertyNames = { type: 'string' },
  additionalProperties = false,
}: Schema): fc.Arbitrary<unknown> => {
  const known = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, valueIn(one)])),
    { requiredKeys: [...required] },
  );
  if (typeof additionalProperties === 'boolean') return known;
  const others = fc.dictionary(textOf(propertyNames), valueIn(additionalProperties), { maxKeys: few });
  return fc.tuple(known, others).map(([named, more]) => ({ ...more, ...named }));
};

const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(
    null,
    '',
    ' ',
    '\u0000',
    '\ud800',
    '__proto__',
    '../..',
    '{{7*7}}',
    "'; drop table runs; --",
    0,
    -1,
    1.5,
    2 ** 53,
    1e308,
    true,
    [],
    {},
  ),
  fc.string({ unit: 'binary', maxLength: 2_000 }),
);

/** One place of a value is something else, or one member is missing or too many. */
const spoilt = (values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .tuple(values, fc.nat(), fc.constantFrom('replace', 'remove', 'add'), odd, fc.string())
    .map(([value, place, how, instead, name]) => {
      const paths = pathsIn(value, []);
      const path = paths[place % paths.length] ?? [];
      return change(value, path, (there) => {
        if (how === 'add' && isObject(there)) return { ...there, [name]: instead };
        return how === 'remove' ? undefined : instead;
      });
    });

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const pathsIn = (value: unknown, path: readonly string[]): readonly (readonly string[])[] => [
  path,
  ...(typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, inner]) => pathsIn(inner, [...path, name]))
    : []),
];

const change = (
  value: unknown,
  [first, ...rest]: readonly string[],
  to: (there: unknown) => unknown,
): unknown => {
  if (first === undefined) return to(value);
  if (Array.isArray(value))
    return value.map((inner, place) => (String(place) === first ? change(inner, rest, to) : inner));
  return isObject(value) ? { ...value, [first]: change(value[first], rest, to) } : value;
};

const noJson = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '{',
    'null',
    '[]',
    '{"__proto__":{"kind":"full"}}',
    '{"a":1,"a":2}',
    '['.repeat(100_000),
    `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
    `"${'x'.repeat(300_000)}"`,
    '\ufeff{}',
  ),
  fc.string({ unit: 'binary', maxLength: 500 }),
  fc.json(),
);

/** Request bodies: right ones, right ones with one thing wrong, and anything. */
export const bodiesOf = (schema: unknown): fc.Arbitrary<string> => {
  const right = valuesOf(schema);
  return fc.oneof(
    { weight: 4, arbitrary: right.map((value) => JSON.stringify(value)) },
    { weight: 4, arbitrary: spoilt(right).map((value) => JSON.stringify(value) ?? '') },
    { weight: 2, arbitrary: noJson },
  );
};

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from '../../functions/openapi.ts';
import { type Offered, specOf } from '../../functions/operations.ts';
import { apiWorld, paramsOf, targets } from '../functions/api-world.ts';
import { expectDeclared } from '../functions/declared.ts';
import { principalWith } from '../functions/principal.ts';
import { bodiesOf, valuesOf } from './from-schema.ts';

const requests = 10_000;
/** What earlier requests left behind would make later ones slow. */
const requestsPerWorld = 500;

const document = z
  .object({
    paths: z.record(
      z.string(),
      z.record(
        z.string(),
        z.object({
          operationId: z.string(),
          requestBody: z
            .object({ content: z.object({ 'application/json': z.object({ schema: z.unknown() }) }) })
            .optional(),
          parameters: z
            .array(
              z.object({ name: z.string(), in: z.enum(['path', 'query', 'header']), schema: z.unknown() }),
            )
            .default([]),
        }),
      ),
    ),
    components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
  })
  .parse(openApiDocument('1.0.0'));

/** A schema, or the component that it names. */
const resolved = (schema: unknown): unknown => {
  const named = z.object({ $ref: z.string() }).safeParse(schema);
  return named.success ? document.components.schemas[named.data.$ref.split('/').at(-1) ?? ''] : schema;
};

const world = await apiWorld({ withHistory: true });
const offered: readonly Offered[] = world.functions.map(({ name }) => name);

const sane = /^[\x20-\x7e]*$/;
const header = fc.oneof(
  fc.string().filter((text) => sane.test(text)),
  fc.constantFrom('"1"', '"2"', '*', '1'),
);

/** A request for one operation, by what the document says of it; the rest is chance. */
const requestOf = (name: Offered) => {
  const { method, route } = specOf(name);
  const operation = document.paths[`/${route}`]?.[method.toLowerCase()];
  if (operation?.operationId !== name) throw new Error(`The document has no ${name}.`);
  const schema = operation.requestBody?.content['application/json'].schema;
  const valuesIn = (place: 'path' | 'query' | 'header', other: fc.Arbitrary<string>) => {
    const own = operation.parameters.filter((one) => one.in === place);
    const textOf = (schema: unknown) =>
      fc.oneof(place === 'header' ? header : valuesOf(schema).map(String), other);
    return fc
      .tuple(...own.map((one) => fc.option(fc.tuple(fc.constant(one.name), textOf(one.schema)))))
      .map((entries): Record<string, string> => Object.fromEntries(entries.filter((one) => one !== null)));
  };
  const known = fc.constantFrom(...Object.values(targets));
  return fc.record({
    name: fc.constant(name),
    method: fc.constant(method),
    params: fc.oneof(
      { weight: 4, arbitrary: known.map((ids) => paramsOf(route, ids)) },
      valuesIn('path', fc.string({ unit: 'binary' })),
    ),
    query: valuesIn('query', fc.string()),
    headers: valuesIn('header', header),
    body: schema === undefined ? fc.constant(undefined) : bodiesOf(resolved(schema)),
    role: fc.oneof(
      { weight: 6, arbitrary: fc.constant('administrator' as const) },
      fc.constantFrom('contributor' as const, 'viewer' as const),
    ),
  });
};

const withBody = offered.filter((name) => specOf(name).body !== undefined);
const without = offered.filter((name) => specOf(name).body === undefined);

/** Sends requests until there were so many, and counts the answers by status. */
async function sendAll(names: readonly Offered[], count: number): Promise<ReadonlyMap<number, number>> {
  const statuses = new Map<number, number>();
  let sent = 0;
  let { call, handlerOf } = world;
  await fc.assert(
    fc.asyncProperty(fc.oneof(...names.map(requestOf)), async ({ name, query, body, role, ...request }) => {
      sent += 1;
      if (sent % requestsPerWorld === 0) ({ call, handlerOf } = await apiWorld({ withHistory: true }));
      const search = new URLSearchParams(Object.entries(query));
      const answer = await call(handlerOf(name), {
        ...request,
        path: `/fuzzed?${search}`,
        headers: { ...request.headers, 'x-ms-client-principal': principalWith(role) },
        ...(body !== undefined && { body }),
      });
      const { status = 200 } = answer;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      expectDeclared(name, answer);
      expect(answer.errors).toEqual([]);
    }),
    { numRuns: count },
  );
  return statuses;
}

test('bodies fuzzed from the OpenAPI document: never a 5xx, always a problem, always as declared', async () => {
  const statuses = await sendAll(withBody, requests);
  expect([...statuses.keys()].filter((status) => status >= 500 && status !== 503)).toEqual([]);
  // Had nothing passed the guard and the schema, the test would say little.
  expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 202, 400, 403, 404, 409, 413]));
  expect([...statuses.values()].reduce((sum, count) => sum + count, 0)).toBe(requests);
}, 600_000);

test('parameters fuzzed, too', async () => {
  const statuses = await sendAll(without, 2_000);
  expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 202, 400, 403, 404]));
}, 300_000);

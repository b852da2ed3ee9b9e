import { expect, test } from 'vitest';
import { z } from 'zod';
import { openApi, openApiDocument } from '../../functions/openapi.ts';
import { connectionDefinition, exportDefinition, refreshSchedule } from '../../shared/domain/definition.ts';
import { newsletter } from '../flow/people.ts';
import { call } from './call.ts';

const reference = z.strictObject({ $ref: z.string().regex(/^#\/components\/schemas\/\w+$/) });
/** What it says is looked at below: the library that reads JSON Schema refuses what is none. */
const schema = z.record(z.string(), z.unknown());
const content = z.record(z.string().regex(/^[a-z]+\/[a-z+]+$/), z.strictObject({ schema }));
const parameter = z.strictObject({
  name: z.string().regex(/^[A-Za-z-]+$/),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean().optional(),
  description: z.string().min(1).optional(),
  schema,
});
const operation = z.strictObject({
  operationId: z.string().regex(/^[a-z-]+$/),
  summary: z.string().min(5),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  parameters: z.array(parameter).min(1).default([]),
  requestBody: z.strictObject({ required: z.boolean(), content }).optional(),
  responses: z.record(
    z.string().regex(/^[2-5]\d\d$/),
    z.strictObject({ description: z.string().min(1), content: content.optional() }),
  ),
});
/** The parts of OpenAPI 3.1 that the document uses: https://spec.openapis.org/oas/v3.1.1.html */
const openApi31 = z.strictObject({
  openapi: z.literal('3.1.1'),
  info: z.strictObject({
    title: z.string(),
    version: z.string(),
    description: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string() }),
  }),
  servers: z.array(z.strictObject({ url: z.string() })),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  paths: z.record(
    z.string().regex(/^(\/([a-z.-]+|\{[a-z]+\}))+$/),
    z.partialRecord(z.enum(['get', 'post', 'put', 'delete']), operation),
  ),
  components: z.strictObject({
    schemas: z.record(z.string(), schema),
    securitySchemes: z.record(z.string(), z.looseObject({ type: z.string() })),
  }),
});

const document = openApi31.parse(JSON.parse(JSON.stringify(openApiDocument('1.2.3'))));
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).flatMap(([method, one]) => (one === undefined ? [] : [{ path, method, ...one }])),
);
const schemasOf = ({ parameters, requestBody, responses }: (typeof operations)[number]) => [
  ...parameters.map((one) => one.schema),
  ...Object.values(requestBody?.content ?? {}).map((one) => one.schema),
  ...Object.values(responses).flatMap((one) => Object.values(one.content ?? {}).map((of) => of.schema)),
];
const allSchemas = [...Object.values(document.components.schemas), ...operations.flatMap(schemasOf)];

test('it is served as it is, to anybody', async () => {
  const answer = await call(openApi('1.2.3'));
  expect([answer.headers.get('content-type'), answer.json]).toEqual([
    'application/json',
    JSON.parse(JSON.stringify(openApiDocument('1.2.3'))),
  ]);
});

test('every operation has a name of its own', () => {
  const ids = operations.map(({ operationId }) => operationId);
  expect(ids.length).toBeGreaterThan(10);
  expect(new Set(ids).size).toBe(ids.length);
});

test.each(operations.map((one) => [one.operationId, one] as const))(
  '%s: parameters fit the path, and no name comes twice',
  (_id, { path, parameters }) => {
    const inPath = parameters.filter((one) => one.in === 'path');
    expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{[a-z]+\}/g) ?? []);
    expect(inPath.every(({ required }) => required === true)).toBe(true);
    expect(new Set(parameters.map((one) => `${one.in} ${one.name}`)).size).toBe(parameters.length);
  },
);

test.each(operations.map((one) => [one.operationId, one] as const))(
  '%s: something is done, or else a problem',
  (id, { responses, security }) => {
    const statuses = Object.keys(responses).map(Number);
    expect(statuses.some((status) => status < 300)).toBe(true);
    const asProblem = {
      'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
    };
    for (const status of statuses.filter((one) => one >= 400)) {
      const { content } = responses[status] ?? {};
      // Or the same that is answered when all is well: a look at the app's health is one, whatever it finds.
      expect([asProblem, responses[200]?.content]).toContainEqual(content);
    }
    const isForAll = ['health', 'openapi'].includes(id);
    expect(security).toEqual(isForAll ? [] : undefined);
    expect(statuses.includes(401) && statuses.includes(403)).toBe(!isForAll);
  },
);

test('every schema is one that can be read back; what is referred to is there', () => {
  for (const one of allSchemas) {
    const named = reference.safeParse(one);
    if (named.success) {
      expect(Object.keys(document.components.schemas)).toContain(named.data.$ref.split('/').at(-1));
    } else {
      expect(() => z.fromJSONSchema(one)).not.toThrow();
      // It would be looked for from the document's root, where it is not.
      expect(JSON.stringify(one)).not.toMatch(/"\$(ref|defs|schema)"/);
    }
  }
  expect(() => z.fromJSONSchema(JSON.parse('{"type":"text"}'))).toThrow();
});

const named = (name: string) => z.fromJSONSchema(document.components.schemas[name] ?? { not: {} });
const connection = { id: 'brand-a', displayName: 'Brand A', sharedWith: 'contributors' };
const schedule = { timeZone: 'Europe/Vilnius', times: ['06:00', '18:30'], weekdays: [1, 5] };
const cron = { ...newsletter, schedule: { cron: '0 6 * * *', timeZone: 'Europe/Vilnius' } };

test.each<[string, z.ZodType, unknown, boolean]>([
  ['ExportDefinition', exportDefinition, newsletter, true],
  ['ExportDefinition', exportDefinition, cron, true],
  ['ExportDefinition', exportDefinition, { ...newsletter, id: 'No Id' }, false],
  ['ExportDefinition', exportDefinition, { ...newsletter, segments: [] }, false],
  ['ExportDefinition', exportDefinition, { ...newsletter, matching: {} }, false],
  ['ExportDefinition', exportDefinition, { ...newsletter, extra: 1 }, false],
  ['ExportDefinition', exportDefinition, { ...newsletter, guards: { maxLeaveShare: 2 } }, false],
  ['ConnectionDefinition', connectionDefinition, connection, true],
  ['ConnectionDefinition', connectionDefinition, { ...connection, sharedWith: 'all' }, false],
  ['ConnectionDefinition', connectionDefinition, { ...connection, apiKey: 'x' }, false],
  ['RefreshSchedule', refreshSchedule, schedule, true],
  ['RefreshSchedule', refreshSchedule, { ...schedule, times: ['6:00'] }, false],
  ['RefreshSchedule', refreshSchedule, { ...schedule, times: [] }, false],
])('%s takes what the app takes (%#)', (name, own, value, isRight) => {
  expect([own.safeParse(value).success, named(name).safeParse(value).success]).toEqual([isRight, isRight]);
});

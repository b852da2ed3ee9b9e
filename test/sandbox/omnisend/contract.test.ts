import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { contactOf, phoneOf, startForTest } from './caller.ts';

// Omnisend's OpenAPI document lies beside the checkout where it is at hand; it is not ours to publish.
const document = resolve(
  import.meta.dirname,
  '../../../../shared/reference/omnisend-openapi-2026-03-15.json',
);
const present = existsSync(document);

type Schema = {
  readonly $ref?: string | undefined;
  readonly type?: string | undefined;
  readonly nullable?: boolean | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly additionalProperties?: boolean | Schema | undefined;
  readonly items?: Schema | undefined;
  readonly allOf?: readonly Schema[] | undefined;
};
const schema: z.ZodType<Schema> = z.object({
  $ref: z.string().optional(),
  type: z.string().optional(),
  nullable: z.boolean().optional(),
  enum: z.array(z.unknown()).optional(),
  get properties() {
    return z.record(z.string(), schema).optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), schema]).optional();
  },
  get items() {
    return schema.optional();
  },
  get allOf() {
    return z.array(schema).optional();
  },
});
const documentSchema = z.object({ components: z.object({ schemas: z.record(z.string(), schema) }) });

const kindOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'array';
  if (Number.isInteger(value)) return 'integer';
  return typeof value;
};

/** Where a value has other names, types or choices than its schema declares. */
function differences(
  value: unknown,
  declared: Schema,
  all: Readonly<Record<string, Schema>>,
  path: string,
): string[] {
  if (declared.$ref !== undefined) {
    const name = declared.$ref.split('/').at(-1) ?? '';
    const target = all[name];
    return target === undefined ? [`${path}: no schema ${name}`] : differences(value, target, all, path);
  }
  if (declared.allOf !== undefined)
    return declared.allOf.flatMap((part) => differences(value, part, all, path));
  if (declared.type === undefined || (value === null && declared.nullable === true)) return [];
  const kind = kindOf(value);
  if (kind !== declared.type && !(kind === 'integer' && declared.type === 'number')) {
    return [`${path}: ${kind} in place of ${declared.type}`];
  }
  if (declared.enum !== undefined && !declared.enum.includes(value)) return [`${path}: not in the enum`];
  if (Array.isArray(value)) {
    const member = declared.items ?? {};
    return value.flatMap((entry, index) => differences(entry, member, all, `${path}.${index}`));
  }
  if (kind !== 'object') return [];
  return Object.entries(Object(value)).flatMap(([name, entry]) => {
    const extra =
      typeof declared.additionalProperties === 'object' ? declared.additionalProperties : undefined;
    const member = declared.properties?.[name] ?? extra;
    if (member !== undefined) return differences(entry, member, all, `${path}.${name}`);
    return declared.additionalProperties === true ? [] : [`${path}.${name}: not declared`];
  });
}

describe.skipIf(!present)(
  'answers have the shape that Omnisend declares (skipped without its document)',
  () => {
    let omnisend: Awaited<ReturnType<typeof startForTest>>;
    let schemas: Readonly<Record<string, Schema>>;
    let batchID = '';
    let contactID = '';

    beforeAll(async () => {
      schemas = documentSchema.parse(JSON.parse(readFileSync(document, 'utf8'))).components.schemas;
      omnisend = await startForTest();
      await omnisend.control('POST', '/switches', { absentPageLinks: 'omitted' });
      const channels = { email: { status: 'subscribed', statusChangedAt: '2026-01-01T00:00:00Z' } };
      const full = {
        ...contactOf('ada@example.com'),
        identifiers: [
          { type: 'email', id: 'ada@example.com', channels, consent: { source: 'form', ip: '192.0.2.1' } },
          phoneOf('+37060000001', { channels: { sms: { status: 'nonSubscribed' } } }),
        ],
        firstName: 'Ada',
        countryCode: 'GB',
        gender: 'f',
        birthdate: '1990-01-01',
        tags: ['a'],
        customProperties: { tier: 'gold' },
      };
      contactID = Object((await omnisend.call('POST', '/contacts', { body: full })).json).id;
      batchID = Object((await omnisend.postBatch([full, {}], { origin: 'run-1' })).json).batchID;
      omnisend.clock.advance(3);
    });
    afterAll(() => omnisend.close());

    it.each<[string, () => Parameters<typeof omnisend.call>, number, string]>([
      ['contact', () => ['GET', `/contacts/${contactID}`], 200, 'ContactResponse'],
      ['contact list', () => ['GET', '/contacts'], 200, 'ListContactsResponse'],
      [
        'new batch',
        () => ['POST', '/batches', { body: { method: 'POST', endpoint: 'contacts', items: [{}] } }],
        201,
        'CreateBatchResponse',
      ],
      ['batch', () => ['GET', `/batches/${batchID}`], 200, 'Batch'],
      ['batch items', () => ['GET', `/batches/${batchID}/items`], 200, 'Batch'],
      ['batch list', () => ['GET', '/batches?endpoint=contacts'], 200, 'ListBatchesResponse'],
      ['brand', () => ['GET', '/brands/current'], 200, 'internal_handler_http_v5_getBrand.response'],
      ['unauthorized', () => ['GET', '/contacts', { key: 'none' }], 401, 'Problem'],
      ['not found', () => ['GET', '/contacts/none'], 404, 'Problem'],
      ['validation', () => ['POST', '/contacts', { body: {} }], 400, 'ValidationProblem'],
    ])('%s', async (_, request, status, name) => {
      const reply = await omnisend.call(...request());
      expect(reply.status).toBe(status);
      expect(differences(reply.json, { $ref: name }, schemas, name)).toEqual([]);
    });

    it('rate limit', async () => {
      await omnisend.control('POST', '/faults', { throttleShare: 1 });
      const { json } = await omnisend.call('GET', '/contacts');
      expect(differences(json, { $ref: 'RateLimitProblem' }, schemas, '')).toEqual([]);
    });

    it('finds what differs', () => {
      const found = differences(
        { id: 1, colour: 'red', status: 'x' },
        { $ref: 'ContactResponse' },
        schemas,
        '',
      );
      expect(found).toEqual([
        '.id: integer in place of string',
        '.colour: not declared',
        '.status: not in the enum',
      ]);
    });
  },
);

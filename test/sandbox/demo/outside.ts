import { z } from 'zod';
import type { Sandbox } from '../sandbox.ts';

/** What the simulators' control pages tell: the generator's truth, and what Omnisend holds. */

const contactFields = z.looseObject({ customProperties: z.record(z.string(), z.unknown()).optional() });

export const expectedContact = z.object({
  email: z.string(),
  customerID: z.string(),
  fields: contactFields,
  segments: z.record(z.string(), z.boolean()),
});
export type ExpectedContact = z.infer<typeof expectedContact>;

export const heldContact = z.looseObject({
  email: z.string(),
  phone: z.array(z.string()),
  country: z.string().optional(),
  customProperties: z.record(z.string(), z.unknown()),
  updatedAt: z.string(),
});
export type HeldContact = z.infer<typeof heldContact>;

const expectedCounts = z.object({
  customers: z.number(),
  contacts: z.number(),
  duplicates: z.number(),
  invalid: z.record(z.string(), z.number()),
});

const expectedChanges = z.object({
  joined: z.array(z.string()),
  changed: z.array(z.string()),
  left: z.array(z.string()),
  merged: z.array(z.string()),
});
export type ExpectedChanges = z.infer<typeof expectedChanges>;

const figures = z.object({
  brands: z.array(
    z.looseObject({
      brandID: z.string(),
      contacts: z.number(),
      requests: z.object({
        total: z.number(),
        /** How many by what was answered, of "POST /batches" and the like. */
        byEndpoint: z.record(z.string(), z.record(z.string(), z.number())),
      }),
      tooManyRequests: z.object({ fromWindow: z.number(), fromFaults: z.number() }),
      batchPosts: z.object({
        first: z.string().optional(),
        last: z.string().optional(),
        requestsBetween: z.number(),
      }),
      maxInWindow: z.object({ all: z.number() }),
      itemsByCode: z.record(z.string(), z.number()),
      welcomeSent: z.unknown(),
    }),
  ),
  /** Null where Omnisend's OpenAPI document is not at hand. */
  contract: z
    .object({
      requests: z.number(),
      responses: z.number(),
      violations: z.array(z.object({ of: z.string(), operation: z.string(), faults: z.array(z.string()) })),
    })
    .nullable(),
});
export type BrandFigures = z.infer<typeof figures>['brands'][number];

/** The simulators' control pages. */
export class Outside {
  readonly #omnisend: string;
  readonly #dataverse: string;
  readonly #segments: string;

  constructor(addresses: Sandbox['addresses'], segments: readonly string[]) {
    this.#omnisend = addresses.omnisend;
    this.#dataverse = addresses.dataverse;
    this.#segments = segments.join(',');
  }

  expected(): AsyncGenerator<ExpectedContact> {
    return lines(`${this.#dataverse}/control/truth?segments=${this.#segments}`, expectedContact);
  }

  async expectedCounts(): Promise<z.infer<typeof expectedCounts>> {
    return expectedCounts.parse(
      await json(`${this.#dataverse}/control/truth/counts?segments=${this.#segments}`),
    );
  }

  async expectedChanges(): Promise<ExpectedChanges> {
    return expectedChanges.parse(
      await json(`${this.#dataverse}/control/truth/changes?segments=${this.#segments}`),
    );
  }

  async nextDay(day: number): Promise<void> {
    await json(`${this.#dataverse}/control/day`, { day });
  }

  held(brandId: string): AsyncGenerator<HeldContact> {
    return lines(`${this.#omnisend}/control/contacts?brand=${brandId}`, heldContact);
  }

  async figures(): Promise<BrandFigures> {
    const [brand] = figures.parse(await json(`${this.#omnisend}/control`)).brands;
    if (brand === undefined) throw new Error('The Omnisend simulator has no brand.');
    return brand;
  }

  /** What of Omnisend's requests and answers was against its OpenAPI document. */
  async contract(): Promise<z.infer<typeof figures>['contract']> {
    return figures.parse(await json(`${this.#omnisend}/control`)).contract;
  }

  /** Makes Omnisend refuse these addresses; none: it refuses nobody any more. */
  async refuse(emails: readonly string[]): Promise<void> {
    if (emails.length === 0) await fetch(`${this.#omnisend}/control/faults`, { method: 'DELETE' });
    else {
      const refuse = emails.map((email) => ({
        email,
        field: 'identifiers.0.id',
        code: 'invalid_format',
        message: 'Must be a deliverable email address',
        status: 400,
      }));
      await json(`${this.#omnisend}/control/faults`, { refuse });
    }
  }
}

async function json(url: string, body?: unknown): Promise<unknown> {
  const response = await fetch(url, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok)
    throw new Error(`${url} answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
  return response.json();
}

async function* lines<T>(url: string, schema: z.ZodType<T>): AsyncGenerator<T> {
  const response = await fetch(url);
  if (!response.ok || response.body === null) throw new Error(`${url} answered ${response.status}.`);
  let rest = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) yield schema.parse(JSON.parse(part));
  }
  if (rest !== '') yield schema.parse(JSON.parse(rest));
}

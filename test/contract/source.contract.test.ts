import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { dataverseSource } from '../../shared/adapters/dataverse/dataverse.ts';
import { customerId } from '../../shared/domain/ids.ts';
import type { SourceFault } from '../../shared/ports/source.ts';
import type { Tokens } from '../../shared/ports/tokens.ts';
import { virtualClock } from '../memory/clock.ts';
import { type MemoryPopulation, populationOf } from '../memory/memory-population.ts';
import { memorySource } from '../memory/memory-source.ts';
import { startDataverse } from '../sandbox/dataverse/dataverse.ts';
import { createPopulation } from '../sandbox/generator/population.ts';
import { SEGMENT_NAMES } from '../sandbox/generator/segments.ts';
import {
  big,
  columns,
  divided,
  expectedUnion,
  readAll,
  readSlice,
  type SourceWorld,
  sourceContract,
  unionOf,
} from './source.contract.ts';

const rows = 4_000;
const seed = 7;

/** The generator's own words in the terms of the port. */
const generated = (): MemoryPopulation => {
  const population = createPopulation({ seed, rows, day: 1 });
  const places = Array.from({ length: population.size }, (_, place) => place);
  const segmentsIn = z.object({ Segments: z.array(z.string()) });
  return populationOf({
    segments: SEGMENT_NAMES,
    members: places.flatMap((place) =>
      population.memberships(place).map((row) => ({
        customerId: customerId.parse(row.msdynci_customerid),
        segments: segmentsIn.parse(JSON.parse(row.msdynci_segments)).Segments,
      })),
    ),
    profiles: places.flatMap((place) => {
      const profile = population.profile(place);
      if (profile === null) return [];
      const cells = new Map(Object.entries(profile));
      return [
        {
          customerId: customerId.parse(profile.msdynci_customerid),
          values: Object.fromEntries(
            columns.map((name) => [name, cells.get(`msdynci_${name.toLowerCase()}`)]),
          ),
          changedAt: Date.parse(profile.msdynci_modifiedon),
        },
      ];
    }),
  });
};
const population = generated();

sourceContract('memory', async ({ pageSize }): Promise<SourceWorld> => {
  let next: SourceFault | undefined;
  const source = memorySource(population, {
    pageSize,
    before: () => {
      const fault = next;
      next = undefined;
      return fault;
    },
  });
  return {
    source,
    population,
    async failNext(kind) {
      next = kind === 'throttled' ? { kind, retryAfterSeconds: 1 } : { kind, message: '503' };
    },
    close: async () => {},
  };
});

const tokenAnswer = z.object({ access_token: z.string() });

const tokensFrom = (url: string): Tokens => {
  let token: string | undefined;
  return {
    async get(scope, { fresh = false } = {}) {
      if (token !== undefined && !fresh) return token;
      const resource = encodeURIComponent(scope.replace('/.default', ''));
      const response = await fetch(`${url}/msi/token?api-version=2019-08-01&resource=${resource}`, {
        headers: { 'X-IDENTITY-HEADER': 'sandbox' },
      });
      token = tokenAnswer.parse(await response.json()).access_token;
      return token;
    },
  };
};

const openDataverse = async (pageSize: number) => {
  const simulator = await startDataverse({ rows, seed, pageSize });
  const control = async (change: object): Promise<void> => {
    const response = await fetch(`${simulator.url}/control`, {
      method: 'POST',
      body: JSON.stringify(change),
    });
    if (!response.ok) throw new Error(await response.text());
  };
  const source = dataverseSource({
    url: simulator.url,
    tokens: tokensFrom(simulator.url),
    clock: virtualClock(),
  });
  return { source, control, close: () => simulator.close() };
};

sourceContract('Dataverse', async ({ pageSize }): Promise<SourceWorld> => {
  const { source, control, close } = await openDataverse(pageSize);
  return {
    source,
    population,
    failNext: (kind) => control({ [kind === 'throttled' ? 'throttleNext' : 'failNext']: { count: 1 } }),
    close,
  };
});

describe('Dataverse', () => {
  let world: Awaited<ReturnType<typeof openDataverse>>;
  beforeEach(async () => {
    world = await openDataverse(200);
  });
  afterEach(() => world.close());

  const expected = expectedUnion(population, big.segments);

  it.each([
    ['prefixes are not supported', { prefixFilter: 'unsupported' }, 1],
    ['names are found in escaped quotes', { segmentFilterForm: 'escaped' }, 16],
    ['names are found in plain quotes', { segmentFilterForm: 'plain' }, 16],
    ['segments have no metadata', { segmentMetadata: 'absent' }, 16],
    ['metadata may not be read', { forbidden: ['mscipriv_segmentmetadata'] }, 16],
  ])('gives the same where %s', async (_, change, slices) => {
    await world.control(change);
    expect((await divided(world.source, big)).length).toBe(slices);
    expect(unionOf((await readAll(world.source, big)).memberships)).toEqual(expected);
  });

  it('goes on in the middle of a chain when tokens expire', async () => {
    await divided(world.source, big);
    const slice = { label: 'all', spec: '' };
    const first = await world.source.read(big, slice, null);
    const cursor = first.kind === 'ok' ? first.value.next : null;
    await world.control({ expireTokens: true });
    expect(await world.source.read(big, slice, cursor)).toMatchObject({ kind: 'ok' });
  });

  it('names the table that may not be read', async () => {
    await world.control({ forbidden: ['msdynci_segmentmemberships'] });
    const answer = await world.source.divide(big);
    expect(answer).toMatchObject({ kind: 'configuration', faults: [{ field: 'msdynci_segmentmembership' }] });
  });

  it('names the column that was dropped after the check', async () => {
    const [slice] = await divided(world.source, big);
    if (slice === undefined) throw new Error('no slice');
    await world.control({ droppedColumns: ['msdynci_city'] });
    const faults: object[] = [];
    const reading = readSlice(world.source, big, slice, (fault) => {
      faults.push(fault);
      throw new Error('stop');
    });
    await expect(reading).rejects.toThrow('stop');
    expect(faults).toMatchObject([{ kind: 'configuration', faults: [{ field: 'City' }] }]);
  });

  it('begins a slice anew where its link is dead', async () => {
    const slice = { label: 'all', spec: '' };
    const first = await world.source.read(big, slice, null);
    const cursor = first.kind === 'ok' ? (first.value.next ?? '') : '';
    expect(cursor).toContain('skiptoken=');
    const edited = cursor.replace('skiptoken=', 'skiptoken=x');
    expect(await world.source.read(big, slice, edited)).toEqual({ kind: 'link-dead' });
  });
});

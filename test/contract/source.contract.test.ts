import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { dataverseSource } from '../../shared/adapters/dataverse/dataverse.ts';
import { customerId } from '../../shared/domain/ids.ts';
import type { SourceFault, SourceQuestion } from '../../shared/ports/source.ts';
import type { Tokens } from '../../shared/ports/tokens.ts';
import { hastyClock } from '../memory/clock.ts';
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
  type Reading,
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
    clock: hastyClock(),
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
      if (token !== undefined && !fresh) return { kind: 'ok', token };
      const resource = encodeURIComponent(scope.replace('/.default', ''));
      const response = await fetch(`${url}/msi/token?api-version=2019-08-01&resource=${resource}`, {
        headers: { 'X-IDENTITY-HEADER': 'sandbox' },
      });
      token = tokenAnswer.parse(await response.json()).access_token;
      return { kind: 'ok', token };
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
  const clock = hastyClock();
  const source = dataverseSource({
    url: simulator.url,
    tokens: tokensFrom(simulator.url),
    clock,
  });
  const requests = async (): Promise<number> => {
    const response = await fetch(`${simulator.url}/control`);
    return z.object({ requests: z.number() }).parse(await response.json()).requests;
  };
  return { source, clock, control, requests, close: () => simulator.close() };
};

sourceContract('Dataverse', async ({ pageSize }): Promise<SourceWorld> => {
  const { source, clock, control, close } = await openDataverse(pageSize);
  return {
    source,
    clock,
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
    ['prefixes give only some of the rows', { prefixFilter: 'incomplete' }, 1],
    ['a row comes once more on the next page', { repeatRows: true }, 16],
    ['pages are of 100 rows', { pageSize: 100 }, 16],
    ['segments have no counts', { metadataCounts: 'absent' }, 16],
    ['names are found in escaped quotes', { segmentFilterForm: 'escaped' }, 16],
    ['names are found in plain quotes', { segmentFilterForm: 'plain' }, 16],
    ['segments have no metadata', { segmentMetadata: 'absent' }, 16],
    ['metadata may not be read', { forbidden: ['mscipriv_segmentmetadata'] }, 16],
  ])('gives the same where %s', async (_, change, slices) => {
    await world.control(change);
    expect((await divided(world.source, big)).length).toBe(slices);
    expect(unionOf((await readAll(world.source, big)).memberships)).toEqual(expected);
  });

  it('gives the same through faults of every kind, without a storm of requests', async () => {
    const slices = await divided(world.source, big);
    const seen: string[] = [];
    const afterPause = async (fault: SourceFault): Promise<void> => {
      seen.push(fault.kind);
      await world.clock.sleepUntil(world.clock.now() + 60_000);
    };
    // One after the other: the simulator counts requests, and a token must outlive the one that it is fetched for.
    const readEach = async () => {
      const readings: Reading[] = [];
      for (const slice of slices) {
        readings.push(await readSlice(world.source, big, slice, afterPause));
      }
      return readings;
    };
    const calm = await readEach();
    const before = await world.requests();
    await world.control({ faultEvery: 3, expireTokensEvery: 7 });
    const stormy = await readEach();
    expect(stormy).toEqual(calm);
    expect(new Set(seen)).toEqual(new Set(['throttled', 'transient']));
    const pages = calm.reduce((sum, { pages: count }) => sum + count, 0);
    // Every fault costs one request more, and so does every token that died.
    expect((await world.requests()) - before).toBeLessThan(pages * 2);
  });

  it('bears another mark while and after a refresh tears the tables', async () => {
    const before = await world.source.mark(big);
    if (before.kind !== 'ok') throw new Error(before.kind);
    const truth = new Map(
      big.segments.map((segment) => [segment, expectedUnion(population, [segment]).length] as const),
    );
    expect(before.value.members).toEqual(Object.fromEntries(truth));
    const versionOf = async () => {
      const mark = await world.source.mark(big);
      return mark.kind === 'ok' ? mark.value.version : mark.kind;
    };
    await world.control({ tornRefresh: { membershipsAfterPages: 0, profilesAfterPages: 1_000 } });
    const torn = await versionOf();
    expect(torn).not.toBe(before.value.version);
    await world.control({ tornRefresh: { membershipsAfterPages: 0, profilesAfterPages: 0 } });
    expect([before.value.version, torn]).not.toContain(await versionOf());
  });

  it('bears another mark after a refresh also where there is no metadata', async () => {
    await world.control({ segmentMetadata: 'absent' });
    const before = await world.source.mark(big);
    expect(await world.source.mark(big)).toEqual(before);
    await world.control({ tornRefresh: { membershipsAfterPages: 0, profilesAfterPages: 0 } });
    expect(await world.source.mark(big)).not.toEqual(before);
  });

  it('names the segments that vanished and those that are inactive', async () => {
    await world.control({ vanishedSegments: ['High_value'], inactiveSegments: ['Newsletter_subscribers'] });
    const answer = await world.source.divide(big);
    const faults = answer.kind === 'configuration' ? answer.faults : [];
    expect(faults.map(({ field }) => field)).toEqual(['Newsletter_subscribers', 'High_value']);
    const segments = await world.source.segments();
    const listed = segments.kind === 'ok' ? segments.value : [];
    expect(listed.find(({ name }) => name === 'Newsletter_subscribers')?.state).toBe('inactive');
    expect(listed.some(({ name }) => name === 'High_value')).toBe(false);
  });

  it('asks for few profiles by their ids', async () => {
    const few: SourceQuestion = { segments: ['VIP_2'], columns };
    const [slice] = await divided(world.source, few);
    if (slice === undefined) throw new Error('no slice');
    const before = await world.requests();
    // Of a table that takes 100 pages.
    const { memberships, profiles } = await readSlice(world.source, few, { ...slice, spec: ':100' });
    const members = new Set(memberships.map(({ customerId: id }) => id)).size;
    expect(profiles.length).toBeGreaterThan(members * 0.98);
    expect((await world.requests()) - before).toBe(1 + Math.ceil(members / 100));
  });

  it('gives on what the service advises', async () => {
    await world.control({ dopHint: 7 });
    const answer = await world.source.read(big, { label: 'all', spec: '' }, null);
    expect(answer).toMatchObject({ kind: 'ok', value: { parallel: 7 } });
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

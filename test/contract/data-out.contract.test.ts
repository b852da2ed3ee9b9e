import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll } from 'vitest';
import { dataOutSource } from '../../shared/adapters/data-out/data-out.ts';
import { customerId } from '../../shared/domain/ids.ts';
import { hastyClock } from '../memory/clock.ts';
import { type MemoryPopulation, populationOf } from '../memory/memory-population.ts';
import { type Azurite, startAzurite } from '../sandbox/azurite/azurite.ts';
import { writeDataOut } from '../sandbox/data-out/data-out.ts';
import { startFaultyStorage } from '../sandbox/data-out/faulty-storage.ts';
import { exportedColumns, textsOf } from '../sandbox/data-out/rows.ts';
import { createPopulation } from '../sandbox/generator/population.ts';
import { namesIn, SEGMENT_NAMES } from '../sandbox/generator/segments.ts';
import { type SourceWorld, sourceContract } from './source.contract.ts';

const generated = createPopulation({ seed: 7, rows: 4_000, day: 1 });
const folder = 'CustomerInsights_sandbox/BlobExport';
const at = Date.UTC(2026, 2, 1, 9, 15);

/** What the tables hold: the members with a profile, their values as text. */
const written = (): MemoryPopulation => {
  const rows = Array.from({ length: generated.size }, (_, index) => index).flatMap((index) => {
    const profile = generated.profile(index);
    if (profile === null) return [];
    const id = customerId.parse(profile.msdynci_customerid);
    const cells = textsOf(profile);
    return {
      member: { customerId: id, segments: namesIn(generated.segmentMask(index)) },
      profile: {
        customerId: id,
        values: Object.fromEntries(exportedColumns.map(([column], place) => [column, cells[place]])),
        changedAt: Date.parse(profile.msdynci_modifiedon),
      },
    };
  });
  return populationOf({
    segments: SEGMENT_NAMES,
    members: rows.map(({ member }) => member).filter(({ segments }) => segments.length > 0),
    profiles: rows.map(({ profile }) => profile),
  });
};
const population = written();

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
  const service = BlobServiceClient.fromConnectionString(azurite.connectionString);
  const tables = Object.fromEntries(SEGMENT_NAMES.map((name) => [name, name]));
  for (const gzip of [false, true]) {
    const container = service.getContainerClient(gzip ? 'zipped' : 'plain');
    await container.create();
    await writeDataOut(container, { population: generated, tables, folder, at, parts: 3, gzip });
  }
});
afterAll(() => azurite?.close());

for (const name of ['plain', 'zipped']) {
  sourceContract(`files, ${name},`, async ({ pageSize }): Promise<SourceWorld> => {
    const storage = await startFaultyStorage(azurite.connectionString);
    const clock = hastyClock({ start: at });
    const source = dataOutSource({
      access: { kind: 'connection-string', value: storage.connectionString, container: name },
      folder,
      clock,
      pageRows: pageSize,
    });
    const busy = { kind: 'status', status: 503, code: 'ServerBusy' } as const;
    return {
      source,
      clock,
      population,
      slicesPerSegment: 3,
      async failNext(kind) {
        storage.fail(kind === 'throttled' ? { ...busy, headers: { 'retry-after': '3' } } : busy);
      },
      close: () => storage.close(),
    };
  });
}

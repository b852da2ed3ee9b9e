import fc from 'fast-check';
import type { RemoteBatch } from '../../shared/domain/answers.ts';
import { type ExportDefinition, exportDefinition } from '../../shared/domain/definition.ts';
import { batchId, customerId, keyHash, runId } from '../../shared/domain/ids.ts';
import type { Page } from '../../shared/domain/page.ts';
import { freshBatch } from '../../shared/domain/paging.ts';
import type { Change, SnapshotRecord, Tagging } from '../../shared/domain/plan.ts';
import type { SpoolRow } from '../../shared/domain/spool.ts';

/** Definitions, rows and pages of the kind that planning and delivery see, small enough to be read in a test. */
export const aRun = runId.parse('newsletter.20261122T0600');
export const keyOf = (number: number) => keyHash.parse(number.toString(16).padStart(32, '0'));
export const emailOf = (number: number): string => `person${number}@example.com`;
export const idOf = (text: string) => customerId.parse(text);
export const aBatchId = (text = 'batch-1') => batchId.parse(text);

export const definitionOf = (parts: Record<string, unknown> = {}): ExportDefinition =>
  exportDefinition.parse({
    id: 'newsletter',
    displayName: 'Newsletter',
    connection: 'brand-eu',
    segments: ['A', 'B', 'C'],
    matching: { email: 'EMail', firstName: 'FirstName' },
    ...parts,
  });

export const rowOf = (number: number, parts: Partial<SpoolRow> = {}): SpoolRow => ({
  key: keyOf(number),
  id: idOf(`c${number}`),
  segments: [0],
  contact: { email: emailOf(number), firstName: 'Ann' },
  ...parts,
});

export const recordOf = (number: number, parts: Partial<SnapshotRecord> = {}): SnapshotRecord => ({
  key: keyOf(number),
  email: emailOf(number),
  id: idOf(`c${number}`),
  fingerprint: 'old',
  markers: ['segment_A'],
  ...parts,
});

export const changeOf = (number: number, parts: Partial<Change> = {}): Change => ({
  kind: 'upsert',
  key: keyOf(number),
  id: idOf(`c${number}`),
  contact: { email: emailOf(number), phone: '+37060000000' },
  fingerprint: `print${number}`,
  markers: ['segment_A'],
  ...parts,
});

export const taggingOf = (number: number, parts: Partial<Tagging> = {}): Tagging => ({
  kind: 'upsert',
  key: keyOf(number),
  id: idOf(`c${number}`),
  email: emailOf(number),
  add: [],
  remove: [],
  change: null,
  ...parts,
});

/** A page with one fresh batch of `rows` rows. */
export const pageOf = (rows: number): Page => ({
  runId: aRun,
  number: 0,
  ranges: [{ shard: 0, from: 0, to: rows, fromByte: 0, toByte: rows * 10 }],
  rows,
  batches: [freshBatch(0, [[0, rows]])],
  lane: null,
});

export const remoteOf = (total: number, parts: Partial<RemoteBatch> = {}): RemoteBatch => ({
  id: aBatchId(),
  state: 'finished',
  origin: '',
  createdAt: 0,
  total,
  finished: total,
  errors: 0,
  ...parts,
});

/** Rows over few keys, so that duplicates, joiners and leavers all come up. */
export const rowArbitrary: fc.Arbitrary<SpoolRow> = fc
  .record({
    number: fc.nat(12),
    id: fc.nat(6),
    at: fc.option(fc.nat(3), { nil: undefined }),
    segments: fc.uniqueArray(fc.nat(2), { minLength: 1, maxLength: 3 }),
    firstName: fc.constantFrom('Ann', 'Bea', 'Cid'),
  })
  .map(({ number, id, at, segments, firstName }) => ({
    key: keyOf(number),
    id: idOf(`c${id}`),
    ...(at === undefined ? {} : { at }),
    segments: segments.sort(),
    contact: { email: emailOf(number), firstName },
  }));

export const definitionArbitrary: fc.Arbitrary<ExportDefinition> = fc
  .record({
    segments: fc.constantFrom(['A', 'B', 'C'], ['A', 'D', 'E'], ['C', 'B', 'A']),
    marker: fc.constantFrom('property', 'tag', 'none'),
    markerPrefix: fc.constantFrom('segment_', 'other_'),
    onLeave: fc.constantFrom('mark', 'keep'),
  })
  .map(definitionOf);

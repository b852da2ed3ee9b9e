import type { BrandId, ConnectionId, ExportId, KeyHash, RunId } from '../domain/ids.ts';
import { exportOf } from '../domain/ids.ts';
import type { RowAddress } from '../ports/rows.ts';

const numbered = (number: number): string => String(number).padStart(6, '0');

/** Where each row and each blob lies. Numbers are padded, so that rows list in their order. */
export const at = {
  connection: (id: ConnectionId): RowAddress => ({ partition: 'connections', key: id }),
  export: (id: ExportId): RowAddress => ({ partition: 'exports', key: id }),
  connectionRevision: (id: ConnectionId, revision: number): RowAddress => ({
    partition: `connection-${id}`,
    key: numbered(revision),
  }),
  exportRevision: (id: ExportId, revision: number): RowAddress => ({
    partition: `export-${id}`,
    key: numbered(revision),
  }),
  notifications: { partition: 'notifications', key: 'settings' } satisfies RowAddress,
  notificationRevision: (revision: number): RowAddress => ({
    partition: 'notifications',
    key: numbered(revision),
  }),
  state: (id: ExportId): RowAddress => ({ partition: 'exports', key: id }),
  refresh: { partition: 'schedule', key: 'refresh' } satisfies RowAddress,
  refreshRevision: (revision: number): RowAddress => ({ partition: 'schedule', key: numbered(revision) }),
  run: (id: RunId): RowAddress => ({ partition: exportOf(id), key: id }),
  skipped: (id: ExportId, moment: number): RowAddress => ({
    partition: id,
    key: String(moment).padStart(15, '0'),
  }),
  slice: (run: RunId, number: number): RowAddress => ({ partition: run, key: numbered(number) }),
  readers: (environment: string): RowAddress => ({
    partition: 'environments',
    key: environment.replace(/[^A-Za-z0-9.-]/g, '_'),
  }),
  page: (run: RunId, number: number): RowAddress => ({ partition: run, key: numbered(number) }),
  brand: (brand: BrandId): RowAddress => ({ partition: 'brands', key: brand }),
  marker: (brand: BrandId, name: string): RowAddress => ({ partition: brand, key: name }),
  lane: (brand: BrandId, number: number): RowAddress => ({ partition: brand, key: String(number) }),
  tagCall: (run: RunId, key: string): RowAddress => ({ partition: run, key }),
  slots: (brand: BrandId): RowAddress => ({ partition: brand, key: 'all' }),
  /** Of the same partition, so that one transaction takes a moment from both. */
  tagSlots: (brand: BrandId): RowAddress => ({ partition: brand, key: 'tags' }),
  snapshot: (id: ExportId, brand: BrandId): RowAddress => ({ partition: id, key: brand }),
  forgotten: (key: KeyHash): RowAddress => ({ partition: 'forgotten', key }),
} as const;

export const keyOf = { slice: numbered, page: numbered } as const;

const shardList = (run: RunId, shard: number, list: string, what: string): string =>
  `runs/pages/${run}/${numbered(shard)}-${list}.${what}`;

/** Folders under a run's own, so that one prefix removes what a run left behind. */
export const paths = {
  /** Written by one try of one step of a slice; only the slice's row says which of them count. */
  spool: (run: RunId, slice: number, name: string): string => `runs/spool/${run}/${numbered(slice)}/${name}`,
  /** Values that did not hold, of the rows that a list of the same name has. */
  values: (run: RunId, slice: number, name: string): string =>
    `runs/spool/${run}/${numbered(slice)}/values-${name}`,
  spoolOf: (run: RunId): string => `runs/spool/${run}/`,
  /** Written and removed to see whether that works. What a crash leaves goes with old spool. */
  probe: (name: string): string => `runs/spool/health/${name}`,
  invalid: (run: RunId, slice: number, name: string): string =>
    `runs/rows/${run}/invalid/${numbered(slice)}/${name}`,
  leftOut: (run: RunId, slice: number, name: string): string =>
    `runs/rows/${run}/left-out/${numbered(slice)}/${name}`,
  /** What one try of planning a shard lists; only the run's row says which try counts. */
  changes: (run: RunId, shard: number, list: string): string => shardList(run, shard, list, 'changes'),
  ends: (run: RunId, shard: number, list: string): string => shardList(run, shard, list, 'ends'),
  dropped: (run: RunId, shard: number, list: string): string => shardList(run, shard, list, 'dropped'),
  taggings: (run: RunId, shard: number, list: string): string => shardList(run, shard, list, 'taggings'),
  pagesOf: (run: RunId): string => `runs/pages/${run}/`,
  duplicates: (run: RunId, shard: number): string => `runs/rows/${run}/duplicate/${numbered(shard)}`,
  duplicatesOf: (run: RunId): string => `runs/rows/${run}/duplicate/`,
  refused: (run: RunId, page: number, batch: number): string =>
    `runs/rows/${run}/refused/${numbered(page)}/${numbered(batch)}`,
  refusedTags: (run: RunId, call: string): string => `runs/rows/${run}/refused/tags/${call}`,
  /** Accepted without a field, as Omnisend's answer for a batch tells. */
  leftOutOfBatch: (run: RunId, page: number, batch: number): string =>
    `runs/rows/${run}/left-out/pages/${numbered(page)}-${numbered(batch)}`,
  leftOutOfBatches: (run: RunId): string => `runs/rows/${run}/left-out/pages/`,
  refusedOf: (run: RunId): string => `runs/rows/${run}/refused/`,
  /** A few customers for the person who is to approve the run; no values. */
  examples: (run: RunId): string => `runs/rows/${run}/examples`,
  rowsOf: (run: RunId): string => `runs/rows/${run}/`,
  /** All that any run of the export has: a run's id begins with the export's and a dot. */
  ofRunsOf: (id: ExportId): readonly string[] =>
    ['spool', 'pages', 'rows'].map((folder) => `runs/${folder}/${id}.`),
  snapshot: (id: ExportId, brand: BrandId, run: RunId, shard: number): string =>
    `snapshots/${id}/${brand}/${run}/${numbered(shard)}`,
  snapshotsOf: (id: ExportId, brand: BrandId): string => `snapshots/${id}/${brand}/`,
  snapshotsOfExport: (id: ExportId): string => `snapshots/${id}/`,
} as const;

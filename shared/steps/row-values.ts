import type { Caller } from '../domain/access.ts';
import { isBlankContact, isBlankRecord } from '../domain/forgotten.ts';
import { exportOf, type KeyHash, type RunId } from '../domain/ids.ts';
import { parseLines } from '../domain/keyed-blob.ts';
import { type RowValues, type SpooledValues, valueFields, valuesOfContact } from '../domain/row-values.ts';
import type { Run } from '../domain/run.ts';
import type { Ports } from '../ports/ports.ts';
import { at, paths } from './addresses.ts';
import { filesOf, type ListedRow, listed } from './list-rows.ts';
import { loadChanges, loadTaggings } from './load.ts';
import { loadForgottenKeys } from './load-forgotten.ts';

export const valuedOutcomes = ['refused', 'failed', 'invalid', 'left-out'] as const;
export type ValuedOutcome = (typeof valuedOutcomes)[number];

export interface ValuedRow extends ListedRow {
  /** `null`: none are kept of this row. */
  readonly values: RowValues | null;
}

export type RowValuesAnswer =
  | {
      readonly kind: 'page';
      /** Names of the values that a row may have. */
      readonly fields: readonly string[];
      readonly rows: readonly ValuedRow[];
      /** Where the next page begins; `null` after the last. */
      readonly next: string | null;
    }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'unknown-run' }
  | { readonly kind: 'removed' }
  | { readonly kind: 'wrong-cursor' };

interface Asked {
  readonly outcome: ValuedOutcome;
  readonly limit: number;
  readonly after: string | null;
}

const keptMs = 7 * 86_400_000;

/**
 * Rows of one outcome with their values, from what lies in spool and change lists for 7 days: personal data, so for
 * administrators only, and each call is logged. Nobody who is forgotten is among them.
 */
export async function readRowValues(
  ports: Ports,
  { actor, role }: Caller,
  id: RunId,
  { outcome, limit, after }: Asked,
): Promise<RowValuesAnswer> {
  if (role !== 'administrator') return { kind: 'forbidden' };
  const run = (await ports.store.runs.get(at.run(id)))?.value;
  if (run === undefined) return { kind: 'unknown-run' };
  if (run.kept !== 'everything' || ports.clock.now() - (run.endedAt ?? ports.clock.now()) >= keptMs)
    return { kind: 'removed' };
  const files = await filesOf(ports, id, outcome);
  const place = after === null ? { path: files[0] ?? '', row: 0 } : placeOf(after);
  const first = files.indexOf(place.path);
  if (after !== null && first === -1) return { kind: 'wrong-cursor' };

  const forgotten = await loadForgottenKeys(ports, exportOf(id));
  const rows: ValuedRow[] = [];
  let next: string | null = null;
  for (const path of files.slice(Math.max(0, first))) {
    const from = path === place.path ? place.row : 0;
    const ofFile = listed(outcome, (await ports.blobs.get(path)) ?? new Uint8Array()).slice(from);
    if (ofFile.length === 0) continue;
    if (rows.length === limit) {
      next = cursorOf(path, from);
      break;
    }
    const values = await valuesIn(ports, run, path, forgotten);
    const taken = ofFile.slice(0, limit - rows.length);
    for (const row of taken) {
      const ofRow = values.get(row.customerId);
      if (ofRow !== 'forgotten') rows.push({ ...row, values: ofRow ?? null });
    }
    if (taken.length < ofFile.length) {
      next = cursorOf(path, from + taken.length);
      break;
    }
  }
  ports.log.info('row-values-read', { run: id, outcome, count: rows.length, actor: actor.id });
  return { kind: 'page', fields: valueFields(run.definition), rows, next };
}

const cursorOf = (path: string, row: number): string => Buffer.from(`${row} ${path}`).toString('base64url');

const placeOf = (cursor: string): { readonly path: string; readonly row: number } => {
  const [, row = '0', path = ''] = /^(\d{1,9}) (.+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  return { path, row: Number(row) };
};

/** By customer id. */
type ValuesIn = ReadonlyMap<string, RowValues | 'forgotten'>;

/** The values of the rows that one file lists. */
async function valuesIn(
  ports: Ports,
  run: Run,
  path: string,
  forgotten: ReadonlySet<KeyHash>,
): Promise<ValuesIn> {
  const ofSlice = /\/(?:invalid|left-out)\/(\d{6})\/([^/]+)$/.exec(path);
  if (ofSlice !== null) {
    const bytes = await ports.blobs.get(paths.values(run.id, Number(ofSlice[1]), ofSlice[2] ?? ''));
    const lines = bytes === undefined ? [] : parseLines<SpooledValues>(bytes);
    return new Map(
      lines.map(({ id, key, values }) => [id, key && forgotten.has(key) ? 'forgotten' : values]),
    );
  }
  const [, call] = /\/refused\/tags\/(.+)$/.exec(path) ?? [];
  if (call !== undefined) {
    const shard = (await ports.store.tagCalls.get(at.tagCall(run.id, call)))?.value.shard;
    const taggings = shard === undefined ? [] : await loadTaggings(ports, run, shard);
    return new Map(taggings.map((one) => [one.id, isBlankRecord(one) ? 'forgotten' : { email: one.email }]));
  }
  // Of a batch: what was sent lies in the change lists.
  const [, number] = /\/(?:refused|left-out\/pages)\/(\d+)[/-]\d+$/.exec(path) ?? [];
  const page = number && (await ports.store.pages.get(at.page(run.id, Number(number))));
  const changes = page ? await loadChanges(ports, page.value) : [];
  return new Map(
    changes.map((change) => [
      change.id,
      isBlankContact(change) ? 'forgotten' : valuesOfContact(change.contact, run.definition),
    ]),
  );
}

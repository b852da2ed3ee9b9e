import type { RunId } from '../domain/ids.ts';
import { parseLines } from '../domain/keyed-blob.ts';
import type { DuplicateRow, InvalidRow, LeftOutRow, RefusedRow } from '../domain/spool.ts';
import type { Ports } from '../ports/ports.ts';
import { at, paths } from './addresses.ts';
import { loadSlices } from './load.ts';

/** Rows that people ask about; accepted and unchanged ones are only counted. */
export const listedOutcomes = ['refused', 'failed', 'invalid', 'duplicate', 'left-out'] as const;
export type ListedOutcome = (typeof listedOutcomes)[number];

/** One listed row: key hash or customer id, field and reason, never a value. */
export interface ListedRow {
  readonly customerId: string;
  readonly outcome: ListedOutcome;
  readonly field: string;
  readonly reason: string;
  readonly message: string;
}

export interface RowsPage {
  readonly rows: readonly ListedRow[];
  /** Where the next page begins; `null` after the last. */
  readonly next: number | null;
}

/** Rows `[offset, offset + limit)` of one outcome, in a fixed order; `undefined` for an unknown run. Lists are kept for 30 days. */
export async function listRows(
  ports: Ports,
  id: RunId,
  outcome: ListedOutcome,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<RowsPage | 'removed' | undefined> {
  const run = await ports.store.runs.get(at.run(id));
  if (run === undefined) return undefined;
  if (run.value.kept === 'account') return 'removed';
  const rows: ListedRow[] = [];
  let passed = 0;
  for (const path of await filesOf(ports, id, outcome)) {
    const bytes = await ports.blobs.get(path);
    if (bytes === undefined) continue;
    for (const row of listed(outcome, bytes)) {
      passed += 1;
      if (passed <= offset) continue;
      if (rows.length === limit) return { rows, next: offset + limit };
      rows.push(row);
    }
  }
  return { rows, next: null };
}

/** The lists of rows of one outcome, in a fixed order. */
export async function filesOf(ports: Ports, id: RunId, outcome: ListedOutcome): Promise<readonly string[]> {
  switch (outcome) {
    case 'refused':
    case 'failed':
      return ports.blobs.list(paths.refusedOf(id));
    case 'duplicate':
      return ports.blobs.list(paths.duplicatesOf(id));
    case 'invalid':
      return (await loadSlices(ports, id)).flatMap((slice) => slice.invalid);
    case 'left-out':
      return [
        ...(await loadSlices(ports, id)).flatMap((slice) => slice.leftOut),
        ...(await ports.blobs.list(paths.leftOutOfBatches(id))),
      ];
  }
}

/** The rows of one outcome in such a list. */
export function listed(outcome: ListedOutcome, bytes: Uint8Array): readonly ListedRow[] {
  switch (outcome) {
    case 'refused':
    case 'failed':
      return parseLines<RefusedRow>(bytes)
        .filter((row) => row.outcome === outcome)
        .map((row) => ({
          customerId: row.id,
          outcome,
          field: row.field,
          reason: row.code,
          message: row.message,
        }));
    case 'duplicate':
      return parseLines<DuplicateRow>(bytes).map((row) => ({
        customerId: row.id,
        outcome,
        field: 'email',
        reason: 'duplicate',
        message: `Customer ${row.winner} has the same e-mail address and is sent.`,
      }));
    case 'invalid':
      return parseLines<InvalidRow>(bytes).map((row) => ({
        customerId: row.id,
        outcome,
        field: row.field,
        reason: row.reason,
        message: '',
      }));
    case 'left-out':
      return parseLines<LeftOutRow>(bytes).map((row) => ({
        customerId: row.id,
        outcome,
        field: row.field,
        reason: row.reason,
        message: '',
      }));
  }
}

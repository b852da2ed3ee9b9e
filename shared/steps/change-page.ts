import { joinLines } from '../domain/keyed-blob.ts';
import type { Page } from '../domain/page.ts';
import type { Change } from '../domain/plan.ts';
import { rowWithFaults } from '../domain/settle-batch.ts';
import type { Ports } from '../ports/ports.ts';
import { at, paths } from './addresses.ts';
import { changeRow } from './change-row.ts';
import { changesOf } from './load.ts';

const noAnswer = [{ field: '', code: 'no-answer', message: 'No final answer came for this row.' }];

/**
 * Changes a page's row; `undefined` from `change` leaves it as it is. Rows of a batch that fails as a whole by that are
 * listed for people, before the row counts them. `change` may be asked more than once and must answer the same.
 */
export async function changePage(
  ports: Ports,
  page: Page,
  changes: readonly Change[],
  change: (stored: Page) => Page | undefined,
): Promise<Page> {
  const address = at.page(page.runId, page.number);
  const before = await ports.store.pages.get(address);
  if (before === undefined) throw new Error(`Page ${page.number} of ${page.runId} is not stored.`);
  for (const batch of change(before.value)?.batches ?? []) {
    const was = before.value.batches.find((one) => one.number === batch.number);
    if (batch.state !== 'failed' || was?.state === 'failed') continue;
    const rows = changesOf(batch, changes).map((one) => rowWithFaults(one, 'failed', noAnswer));
    await ports.blobs.put(paths.refused(page.runId, page.number, batch.number), joinLines(rows));
  }
  const row = await changeRow(ports.store.pages, address, (stored) =>
    stored === undefined ? undefined : change(stored),
  );
  return row?.value ?? page;
}

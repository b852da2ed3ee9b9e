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
 * Changes a page's row. The rows of a batch that fails as a whole by that are listed for people, with the reason;
 * `undefined` from `change` leaves the page as it is.
 */
export async function changePage(
  ports: Ports,
  page: Page,
  changes: readonly Change[],
  change: (stored: Page) => Page | undefined,
): Promise<Page> {
  let before = page;
  const row = await changeRow(ports.store.pages, at.page(page.runId, page.number), (stored) => {
    if (stored === undefined) throw new Error(`Page ${page.number} of ${page.runId} is not stored.`);
    before = stored;
    return change(stored);
  });
  const after = row?.value ?? page;
  for (const batch of after.batches) {
    const was = before.batches.find((one) => one.number === batch.number);
    if (batch.state !== 'failed' || was?.state === 'failed') continue;
    const rows = changesOf(batch, changes).map((one) => rowWithFaults(one, 'failed', noAnswer));
    await ports.blobs.put(paths.refused(page.runId, page.number, batch.number), joinLines(rows));
  }
  return after;
}

import { parseLines } from '../domain/keyed-blob.ts';
import type { Page } from '../domain/page.ts';
import type { Run } from '../domain/run.ts';
import { sendTallies } from '../domain/send-tally.ts';
import type { RefusedRow } from '../domain/spool.ts';
import type { Ports } from '../ports/ports.ts';
import { paths } from './addresses.ts';
import { failRun } from './end-run.ts';

/** So many rows refused alike, and none accepted, is not about the rows: a plan's limit, or a permission. */
const refusedAlike = 1_000;

/** Stops a run whose first thousand answered rows were all refused for the same reason. */
export async function stopIfAllRefused(ports: Ports, run: Run, pages: readonly Page[]): Promise<void> {
  if (run.stop !== null) return;
  const { upserts, leaves } = sendTallies(pages);
  if (upserts.accepted + leaves.accepted > 0 || upserts.refused + leaves.refused < refusedAlike) return;
  const reasons = new Set<string>();
  let shown: RefusedRow | undefined;
  for (const path of await ports.blobs.list(paths.refusedOf(run.id))) {
    for (const row of parseLines<RefusedRow>((await ports.blobs.get(path)) ?? new Uint8Array())) {
      if (row.outcome !== 'refused') continue;
      shown = row;
      reasons.add(`${row.field} ${row.code}`);
      if (reasons.size > 1) return;
    }
  }
  if (shown === undefined) return;
  const what = [shown.field, shown.code, shown.message].filter((part) => part !== '').join(': ');
  await failRun(ports, run.id, {
    code: 'all-refused',
    message: `Omnisend refused every row so far for the same reason (${what}). Look at the limits of its plan and the permissions of the key.`,
  });
}

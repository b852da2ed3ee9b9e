import type { Run } from '../domain/run.ts';
import type { SavedExport } from '../domain/saved.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { at, paths } from './addresses.ts';
import { changeRow } from './change-row.ts';
import { isolated } from './isolated.ts';
import { removeAllLeftSecrets } from './left-secrets.ts';
import { removeLeftAddressees } from './notifications.ts';
import { removeAccount } from './remove-account.ts';
import { finishRemoval } from './remove-export.ts';

const dayMs = 86_400_000;
/** Spool and change lists hold personal data; lists of rows hold customer ids; the rest is counts. */
const keptDays = { spool: 7, lists: 30, account: 90 } as const;

/** Removes what ended runs left behind, when its time is over. The templates' life-cycle rules do the same, later. */
export async function removeOld(ports: Ports): Promise<void> {
  let removed = 0;
  for (const { key: id, value } of await ports.store.exports.list('exports')) {
    // Asked for, but not finished, and nobody asked again.
    if (value.removing) await isolated(ports, id, () => goOn(ports, value));
    for (const row of await ports.store.runs.list(id)) {
      if (await removeFrom(ports, row.value)) removed += 1;
    }
    for (const { value: skipped, ...address } of await ports.store.skipped.list(id)) {
      if (daysSince(ports, skipped.at) >= keptDays.account) await ports.store.skipped.remove(address);
    }
  }
  await removeAllLeftSecrets(ports);
  await removeLeftAddressees(ports);
  ports.log.info('old-removed', { runs: removed });
}

async function goOn(ports: Ports, saved: SavedExport): Promise<readonly Outgoing[]> {
  const answer = await finishRemoval(ports, saved);
  if (answer.kind === 'vault')
    throw new Error(`Key Vault is ${answer.fault}: the hash secret is not removed.`);
  return answer.kind === 'ending' ? answer.messages : [];
}

const daysSince = (ports: Ports, moment: number): number => (ports.clock.now() - moment) / dayMs;

/** One stage a time: a crash in between is made up for by the next round. */
async function removeFrom(ports: Ports, run: Run): Promise<boolean> {
  if (run.endedAt === null) return false;
  const days = daysSince(ports, run.endedAt);
  if (days >= keptDays.account) {
    await removeSpool(ports, run);
    await ports.blobs.removeAll(paths.rowsOf(run.id));
    await removeAccount(ports, run.id);
    return true;
  }
  if (days >= keptDays.lists && run.kept !== 'account') {
    await removeSpool(ports, run);
    await ports.blobs.removeAll(paths.rowsOf(run.id));
    await keepOnly(ports, run, 'account');
    return true;
  }
  if (days >= keptDays.spool && run.kept === 'everything') {
    await removeSpool(ports, run);
    await keepOnly(ports, run, 'lists');
    return true;
  }
  return false;
}

async function removeSpool(ports: Ports, run: Run): Promise<void> {
  await ports.blobs.removeAll(paths.spoolOf(run.id));
  await ports.blobs.removeAll(paths.pagesOf(run.id));
}

async function keepOnly(ports: Ports, run: Run, kept: Run['kept']): Promise<void> {
  await changeRow(ports.store.runs, at.run(run.id), (stored) =>
    stored === undefined ? undefined : { ...stored, kept },
  );
}

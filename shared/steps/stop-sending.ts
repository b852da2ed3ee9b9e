import { forbiddenPauseMs } from '../domain/after-post.ts';
import type { DestinationAnswer } from '../domain/answers.ts';
import type { Run } from '../domain/run.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';
import { failRun, pauseExport } from './end-run.ts';
import { readKey } from './load-key.ts';

/** Key refused, permission missing for five minutes, version retired: nothing more is posted, and a person is told. */
export async function stopIfRefused(
  ports: Ports,
  run: Run,
  apiKey: string,
  answers: readonly DestinationAnswer<unknown>[],
): Promise<void> {
  const kinds = new Set(answers.map((answer) => answer.kind));
  if (kinds.has('retired')) {
    const message = 'Omnisend has retired the API version that this app speaks.';
    return stopSending(ports, run, 'version-retired', message, 'Upgrade the app.');
  }
  if (kinds.has('unauthorised')) return readKeyAgain(ports, run, apiKey);
  if (kinds.has('forbidden')) return waitForPermission(ports, run);
  if (kinds.has('ok') && run.forbidden.postAt !== null) await notePostForbidden(ports, run, null);
}

export async function stopSending(
  ports: Ports,
  run: Run,
  code: string,
  message: string,
  remedy: string,
): Promise<void> {
  await pauseExport(ports, run, message, remedy);
  await failRun(ports, run.id, { code, message: `${message} ${remedy}` });
}

/** The key may have been rotated while it was cached: it is read once more before the run is stopped. */
async function readKeyAgain(ports: Ports, run: Run, refused: string): Promise<void> {
  const fresh = await readKey(ports, run, { fresh: true });
  if (fresh.kind === 'unavailable' || (fresh.kind === 'ok' && fresh.value.trim() !== refused)) return;
  const message = `Omnisend does not know the key in the secret ${run.secretName}.`;
  await stopSending(
    ports,
    run,
    'key-refused',
    message,
    'Store a valid API key in the vault under that name.',
  );
}

/** The first refusal makes the whole run wait; one that comes after the wait stops it. */
async function waitForPermission(ports: Ports, run: Run): Promise<void> {
  const now = ports.clock.now();
  const since = run.forbidden.postAt;
  if (since === null) return notePostForbidden(ports, run, now);
  if (now - since < forbiddenPauseMs) return;
  const message = 'Omnisend refuses to write contacts with this key.';
  const remedy = 'Give the API key the permissions to read and write contacts.';
  await stopSending(ports, run, 'permission-missing', message, remedy);
}

async function notePostForbidden(ports: Ports, run: Run, postAt: number | null): Promise<void> {
  await changeRow(ports.store.runs, at.run(run.id), (stored) =>
    stored === undefined || (stored.forbidden.postAt === null) === (postAt === null)
      ? undefined
      : { ...stored, forbidden: { ...stored.forbidden, postAt } },
  );
}

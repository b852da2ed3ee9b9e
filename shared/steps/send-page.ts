import type { DestinationAnswer } from '../domain/answers.ts';
import { backOffSeconds } from '../domain/back-off.ts';
import {
  backToPlanned,
  batchOf,
  countAs,
  dueBatches,
  originOf,
  posted,
  settled,
  split,
  toIntent,
} from '../domain/batch.ts';
import { type BatchId, type BrandId, exportOf } from '../domain/ids.ts';
import { joinLines } from '../domain/keyed-blob.ts';
import type { Batch, Page } from '../domain/page.ts';
import type { Change } from '../domain/plan.ts';
import { countRows } from '../domain/rows-of.ts';
import type { Run } from '../domain/run.ts';
import { rowWithFaults } from '../domain/settle-batch.ts';
import { isLate } from '../domain/slots.ts';
import type { Ports } from '../ports/ports.ts';
import { at, paths } from './addresses.ts';
import { awaitSlot, noteAnswers, reserveSlots } from './ask.ts';
import { changePage } from './change-page.ts';
import { changeRow } from './change-row.ts';
import { releasePage } from './claim-page.ts';
import { failRun, pauseExport } from './end-run.ts';
import { changesOf, loadChanges, loadRun } from './load.ts';

export type Sent = { readonly kind: 'done' } | { readonly kind: 'later'; readonly at: number };

/** What became of one batch's post. */
type Post =
  | { readonly kind: 'answer'; readonly answer: DestinationAnswer<BatchId> }
  /** Nothing was sent: the slot was missed, or the host is stopping. */
  | { readonly kind: 'not-sent' }
  /** Nothing was sent: the run is no longer its export's current one. */
  | { readonly kind: 'superseded' };

const forbiddenPauseMs = 5 * 60_000;
/** Such a run is about to be ended by the supervisor; until then its pages need not be looked at often. */
const supersededPauseMs = 60_000;

/** Posts the due batches of a claimed page in their slots: intent first, then the post, then what came of it. */
export async function sendPage(ports: Ports, brand: BrandId, lane: number, claimed: Page): Promise<Sent> {
  const { value: run } = await loadRun(ports, claimed.runId);
  const key = await ports.secrets.get(run.secretName);
  if (key.kind !== 'ok') {
    await stop(
      ports,
      run,
      'key-missing',
      `The secret ${run.secretName} cannot be read.`,
      'Store the key in the vault.',
    );
    return { kind: 'done' };
  }
  const changes = await loadChanges(ports, claimed);
  // Slots last: what is loaded in between would make them late.
  const due = dueBatches(claimed, ports.clock.now());
  const reservation = await reserveSlots(ports, brand, due.length);
  if (reservation.kind === 'later') return reservation;
  const { page, mine } = await markIntents(ports, claimed, due.slice(0, reservation.moments.length));
  const posts = await Promise.all(
    mine.map((batch, index) =>
      post(ports, run, page, batch, changes, key.value, reservation.moments[index] ?? 0),
    ),
  );
  await noteAnswers(
    ports,
    brand,
    posts.flatMap((one) => (one.kind === 'answer' ? [one.answer] : [])),
  );
  const left = await record(ports, page, mine, posts, changes);
  await stopIfRefused(ports, run, key.value, mine, posts);
  if (dueBatches(left, ports.clock.now()).length > 0) return { kind: 'later', at: ports.clock.now() };
  await releasePage(ports, left, lane);
  return { kind: 'done' };
}

/** Only whoever turned a batch into an intent posts it, so two holders of one lane cannot post it twice. */
async function markIntents(
  ports: Ports,
  page: Page,
  due: readonly Batch[],
): Promise<{ readonly page: Page; readonly mine: readonly Batch[] }> {
  const wanted = due.map((batch) => batch.number);
  let numbers: readonly number[] = [];
  const row = await changeRow(ports.store.pages, at.page(page.runId, page.number), (stored) => {
    if (stored === undefined) throw new Error(`Page ${page.number} of ${page.runId} is not stored.`);
    const now = ports.clock.now();
    numbers = dueBatches(stored, now)
      .map((batch) => batch.number)
      .filter((number) => wanted.includes(number));
    return numbers.length === 0 ? undefined : toIntent(stored, numbers, now);
  });
  const after = row?.value ?? page;
  return { page: after, mine: numbers.map((number) => batchOf(after, number)) };
}

async function post(
  ports: Ports,
  run: Run,
  page: Page,
  batch: Batch,
  changes: readonly Change[],
  apiKey: string,
  moment: number,
): Promise<Post> {
  if (!(await awaitSlot(ports, moment))) return { kind: 'not-sent' };
  // The fence: an older run never overwrites what a newer one wrote.
  const state = await ports.store.states.get(at.state(exportOf(run.id)));
  if (state?.value.active?.runId !== run.id) return { kind: 'superseded' };
  // A process that stood still meanwhile may find its intent reconciled, and posted by somebody else.
  if (isLate(moment, ports.clock.now())) return { kind: 'not-sent' };
  const answer = await ports.destination.postBatch(apiKey, {
    origin: originOf(run.id, page.number, batch),
    changes: changesOf(batch, changes),
    options: {
      sendWelcomeMessage: run.definition.sendWelcomeMessage,
      withoutPhone: batch.variant === 'without-phone',
    },
  });
  return { kind: 'answer', answer };
}

async function record(
  ports: Ports,
  page: Page,
  mine: readonly Batch[],
  posts: readonly Post[],
  changes: readonly Change[],
): Promise<Page> {
  for (const [index, batch] of mine.entries()) {
    const one = posts[index];
    if (one?.kind === 'answer') await listRefused(ports, page, batch, one.answer, changes);
  }
  const now = ports.clock.now();
  const random = ports.clock.random();
  return changePage(ports, page, changes, (stored) =>
    mine.reduce((after, batch, index) => {
      const result = posts[index] ?? { kind: 'not-sent' };
      // Settlement may have reconciled a post that took very long; its word stands, and so does a newer intent.
      const current = batchOf(after, batch.number);
      return current.state === 'intent' && current.intentAt === batch.intentAt
        ? afterPost(after, batch, result, changes, now, random)
        : after;
    }, stored),
  );
}

/** The batch after its post, by the answer. An answer without certainty leaves the intent, to be reconciled first. */
function afterPost(
  page: Page,
  batch: Batch,
  result: Post,
  changes: readonly Change[],
  now: number,
  random: number,
): Page {
  const { number } = batch;
  const again = (costsAttempt: boolean, notBefore: number): Page =>
    backToPlanned(page, number, { costsAttempt, notBefore, changes });
  if (result.kind === 'not-sent') return again(false, now);
  if (result.kind === 'superseded') return again(false, now + supersededPauseMs);
  const { answer } = result;
  switch (answer.kind) {
    case 'ok':
      return posted(page, number, answer.value, now);
    case 'ambiguous':
      return page;
    case 'throttled':
      return again(false, now);
    case 'unauthorised':
    case 'retired':
      return again(false, now);
    case 'forbidden':
      return again(true, now + forbiddenPauseMs);
    case 'absent':
      return again(true, Math.ceil(now + backOffSeconds(batch.attempt + 1, random) * 1000));
    case 'refused':
    case 'too-large':
    case 'conflict':
      return countRows(batch.rows) > 1
        ? split(page, number)
        : settled(page, number, countAs('refused', batch.rows, changes));
  }
}

/** A batch of one row that is refused as a whole: the row is found, and listed before the page's row says so. */
async function listRefused(
  ports: Ports,
  page: Page,
  batch: Batch,
  answer: DestinationAnswer<BatchId>,
  changes: readonly Change[],
): Promise<void> {
  const [change] = changesOf(batch, changes);
  if (change === undefined || countRows(batch.rows) > 1) return;
  const faults =
    answer.kind === 'refused'
      ? answer.faults
      : answer.kind === 'too-large'
        ? [{ field: '', code: 'too-large', message: 'Omnisend finds this contact too large.' }]
        : answer.kind === 'conflict'
          ? [
              {
                field: '',
                code: 'conflict',
                message: 'An identifier of this contact belongs to another contact.',
              },
            ]
          : null;
  if (faults === null) return;
  const row = rowWithFaults(change, 'refused', faults);
  await ports.blobs.put(paths.refused(page.runId, page.number, batch.number), joinLines([row]));
}

/** Key refused, permission missing twice, version retired: nothing more is posted, and a person is told what to do. */
async function stopIfRefused(
  ports: Ports,
  run: Run,
  apiKey: string,
  mine: readonly Batch[],
  posts: readonly Post[],
): Promise<void> {
  for (const [index, one] of posts.entries()) {
    if (one.kind !== 'answer') continue;
    switch (one.answer.kind) {
      case 'unauthorised':
        return readKeyAgain(ports, run, apiKey);
      case 'retired':
        return stop(
          ports,
          run,
          'version-retired',
          'Omnisend has retired the API version that this app speaks.',
          'Upgrade the app.',
        );
      case 'forbidden':
        if ((mine[index]?.attempt ?? 0) === 0) break;
        return stop(
          ports,
          run,
          'permission-missing',
          'Omnisend refuses to write contacts with this key.',
          'Give the API key the permissions to read and write contacts.',
        );
      default:
        break;
    }
  }
}

/** The key may have been rotated while it was cached: it is read once more before the run is stopped. */
async function readKeyAgain(ports: Ports, run: Run, refused: string): Promise<void> {
  const fresh = await ports.secrets.get(run.secretName, { fresh: true });
  if (fresh.kind === 'ok' && fresh.value !== refused) return;
  await stop(
    ports,
    run,
    'key-refused',
    `Omnisend does not know the key in the secret ${run.secretName}.`,
    'Store a valid API key in the vault under that name.',
  );
}

async function stop(ports: Ports, run: Run, code: string, message: string, remedy: string): Promise<void> {
  await pauseExport(ports, run, message, remedy);
  await failRun(ports, run.id, { code, message: `${message} ${remedy}` });
}

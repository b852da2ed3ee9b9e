import { afterPost, type Post, refusedRow } from '../domain/after-post.ts';
import { batchOf, dueBatches, originOf, toIntent } from '../domain/batch.ts';
import { type BrandId, exportOf } from '../domain/ids.ts';
import { joinLines } from '../domain/keyed-blob.ts';
import type { Batch, Page } from '../domain/page.ts';
import type { Change } from '../domain/plan.ts';
import type { Run } from '../domain/run.ts';
import { isLate } from '../domain/slots.ts';
import type { Ports } from '../ports/ports.ts';
import { at, paths } from './addresses.ts';
import { awaitSlot, noteAnswers, reserveSlots } from './ask.ts';
import { changePage } from './change-page.ts';
import { changeRow } from './change-row.ts';
import { maySend, releasePage } from './claim-page.ts';
import { loadChanges, loadRun, postableOf } from './load.ts';
import { loadForgottenKeys } from './load-forgotten.ts';
import { loadKey } from './load-key.ts';
import { stopIfRefused, stopSending } from './stop-sending.ts';

export type Sent = { readonly kind: 'done' } | { readonly kind: 'later'; readonly at: number };

const vaultPauseMs = 30_000;

/** Posts the due batches of a claimed page in their slots: intent first, then the post, then what came of it. */
export async function sendPage(ports: Ports, brand: BrandId, lane: number, claimed: Page): Promise<Sent> {
  const { value: run } = await loadRun(ports, claimed.runId);
  // A lane claims page after page of a list, and the run may have been stopped since that was read.
  if (!maySend(run, ports.clock.now())) {
    await releasePage(ports, claimed, lane);
    return { kind: 'done' };
  }
  const key = await loadKey(ports, run);
  if (key.kind === 'unavailable') return { kind: 'later', at: ports.clock.now() + vaultPauseMs };
  if (key.kind === 'stop') {
    await stopSending(ports, run, key.reason.code, key.reason.message, key.remedy);
    return { kind: 'done' };
  }
  const changes = await loadChanges(ports, claimed);
  // Slots last: what is loaded in between would make them late.
  const due = dueBatches(claimed, ports.clock.now());
  const reservation = await reserveSlots(ports, brand, { count: due.length, purpose: 'post' });
  if (reservation.kind === 'later') return reservation;
  const { page, mine } = await markIntents(ports, claimed, due.slice(0, reservation.moments.length));
  const tries = await Promise.allSettled(
    mine.map((batch, index) =>
      post(ports, brand, run, page, batch, changes, key.value, reservation.moments[index] ?? 0),
    ),
  );
  const posts = new Map<Batch, Post>();
  for (const [index, batch] of mine.entries()) {
    const one = tries[index];
    if (one?.status === 'fulfilled') posts.set(batch, one.value);
  }
  const answers = [...posts.values()].flatMap((one) => (one.kind === 'answer' ? [one.answer] : []));
  await noteAnswers(
    ports,
    brand,
    answers.filter((answer) => answer.kind !== 'throttled'),
  );
  const left = await record(ports, page, posts, changes);
  await stopIfRefused(ports, run, key.value, answers);
  const failed = tries.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
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
  brand: BrandId,
  run: Run,
  page: Page,
  batch: Batch,
  changes: readonly Change[],
  apiKey: string,
  moment: number,
): Promise<Post> {
  const loaded = postableOf(batch, changes);
  if (loaded.length === 0) return { kind: 'nobody' };
  if (!(await awaitSlot(ports, brand, moment))) return { kind: 'not-sent' };
  // The fence: an older run never overwrites what a newer one wrote.
  const id = exportOf(run.id);
  const [state, { value: now }, forgotten] = await Promise.all([
    ports.store.states.get(at.state(id)),
    loadRun(ports, run.id),
    loadForgottenKeys(ports, id),
  ]);
  if (state?.value.active?.runId !== run.id) return { kind: 'superseded' };
  // Cancelled or stopped while the batch waited for its slot.
  if (!maySend(now, ports.clock.now())) return { kind: 'not-sent' };
  // Whoever was forgotten while the batch waited for its slot.
  const postable = loaded.filter(({ key }) => !forgotten.has(key));
  if (postable.length === 0) return { kind: 'nobody' };
  // A process that stood still meanwhile may find its intent reconciled, and posted by somebody else.
  if (isLate(moment, ports.clock.now())) return { kind: 'not-sent' };
  const answer = await ports.destination.postBatch(apiKey, {
    origin: originOf(run.id, page.number, batch),
    changes: postable,
    options: {
      sendWelcomeMessage: run.definition.sendWelcomeMessage,
      withoutPhone: batch.variant === 'without-phone',
    },
  });
  // Told at once: the page's other batches, and the other lanes, are about to go into the same wall.
  if (answer.kind === 'throttled') await noteAnswers(ports, brand, [answer]);
  return { kind: 'answer', answer };
}

/** Stores what came of the posts. One without an entry failed here, with an effect that nobody knows: it stays an intent. */
async function record(
  ports: Ports,
  page: Page,
  posts: ReadonlyMap<Batch, Post>,
  changes: readonly Change[],
): Promise<Page> {
  const now = ports.clock.now();
  const random = ports.clock.random();
  for (const [batch, post] of posts) {
    // What people are to read is stored before the row that counts it.
    const refused = refusedRow({ page, batch, post, changes, now, random });
    if (refused === null) continue;
    await ports.blobs.put(paths.refused(page.runId, page.number, batch.number), joinLines([refused]));
  }
  return changePage(ports, page, changes, (stored) =>
    [...posts].reduce((after, [batch, post]) => {
      // Settlement may have reconciled a post that took very long; its word stands, and so does a newer intent.
      const current = batchOf(after, batch.number);
      return current.state === 'intent' && current.intentAt === batch.intentAt
        ? afterPost({ page: after, batch, post, changes, now, random })
        : after;
    }, stored),
  );
}

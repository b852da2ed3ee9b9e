import { forbiddenPauseMs } from '../domain/after-post.ts';
import { lookDelaySeconds } from '../domain/back-off.ts';
import { cancelUnposted, failed, pageState } from '../domain/batch.ts';
import type { Batch, Page } from '../domain/page.ts';
import type { Run } from '../domain/run.ts';
import { entered } from '../domain/stages.ts';
import { cancelled } from '../domain/tag-call.ts';
import { nextTurn } from '../domain/turn.ts';
import type { MessageOf } from '../messages.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { at } from './addresses.ts';
import { wakeLanes } from './begin-sending.ts';
import { changePage } from './change-page.ts';
import { changeRow } from './change-row.ts';
import { maxInFlight } from './claim-page.ts';
import { countRequests } from './count-requests.ts';
import { pauseExport } from './end-run.ts';
import { type Held, inTurn } from './in-turn.ts';
import { loadChanges, loadPages, loadTagCalls } from './load.ts';
import { Look, type Refusal } from './look.ts';
import { runMessage } from './outgoing.ts';
import { putTagCalls } from './put-tag-calls.ts';
import { reconcile } from './reconcile.ts';
import { requestTags, tagsDone } from './request-tags.ts';
import { settlePosted } from './settle-posted.ts';
import { stopIfAllRefused } from './stop-if-all-refused.ts';

const stepSeconds = 240;
const shortestPauseMs = 2_000;
/** How long Omnisend may take to answer for a batch; then its rows count as failed. */
const answerDeadlineMs = 4 * 3_600_000;

/** Learns what became of posted batches, look by look, from the first post until every row has its outcome. */
export async function settle(given: Ports, message: MessageOf<'settle'>): Promise<readonly Outgoing[]> {
  const { ports, requests } = countRequests(given);
  return inTurn(ports, ports.store.runs, at.run(message.run), 'settle', message, async (held) => {
    const endAt = ports.clock.now() + stepSeconds * 1000;
    if (isStopping(held.value)) await cancelPlanned(ports, held.value);
    const before = await loadPages(ports, held.value.id);
    let asked: Asking = { isCutShort: false, askAgainAt: null };
    if (held.value.stop?.answers === false) {
      await failOpen(ports, before, () => true);
    } else {
      const look = new Look(ports, held.value, endAt);
      await look.probe();
      await reconcile(ports, look, before);
      await settlePosted(ports, look, before);
      const now = ports.clock.now();
      await failOpen(
        ports,
        before,
        (batch) => now - Math.max(batch.postedAt ?? 0, batch.intentAt ?? 0) > answerDeadlineMs,
      );
      await noteRefusal(ports, held, look);
      asked = look;
      await stopIfAllRefused(ports, held.value, await loadPages(ports, held.value.id));
    }
    await releaseStrays(ports, held.value);
    if (!isStopping(held.value)) await putTagCalls(ports, held);
    return goOn(ports, held, before, asked, endAt, requests);
  });
}

/** How a look ended. */
type Asking = Pick<Look, 'isCutShort' | 'askAgainAt'>;

const isStopping = (run: Run): boolean => run.stop !== null || run.state === 'cancelling';

/** Batches that nobody has begun to post are not posted any more. */
async function cancelPlanned(ports: Ports, run: Run): Promise<void> {
  for (const page of await loadPages(ports, run.id)) {
    if (pageState(page) !== 'open') continue;
    await changeRow(ports.store.pages, at.page(run.id, page.number), (stored) =>
      stored === undefined ? undefined : cancelUnposted(stored),
    );
  }
  for (const { key } of await loadTagCalls(ports, run)) {
    await changeRow(ports.store.tagCalls, at.tagCall(run.id, key), (stored) =>
      stored?.state === 'planned' ? cancelled(stored) : undefined,
    );
  }
}

/** Batches whose answer is not waited for any more: their rows are `failed`, and stay known without fingerprint. */
async function failOpen(
  ports: Ports,
  pages: readonly Page[],
  isOver: (batch: Batch) => boolean,
): Promise<void> {
  for (const page of pages) {
    const isOpen = (batch: Batch): boolean =>
      (batch.state === 'posted' || batch.state === 'intent') && isOver(batch);
    if (!page.batches.some(isOpen)) continue;
    const changes = await loadChanges(ports, page);
    await changePage(ports, page, changes, (stored) =>
      stored.batches.filter(isOpen).reduce((after, { number }) => failed(after, number, changes), stored),
    );
  }
}

/** Where Omnisend refuses the key or, for five minutes, a permission, no answer can be had: nothing is waited for. */
async function noteRefusal(ports: Ports, held: Held<Run>, look: Look): Promise<void> {
  const now = ports.clock.now();
  const lookAt = look.isForbidden ? (held.value.forbidden.lookAt ?? now) : null;
  const refusal = lookAt !== null && now - lookAt >= forbiddenPauseMs ? permissionMissing : look.refusal;
  if (refusal === null && lookAt === held.value.forbidden.lookAt) return;
  if (refusal !== null) await pauseExport(ports, held.value, refusal.message, refusal.remedy);
  await held.update((run) => ({
    ...run,
    forbidden: { ...run.forbidden, lookAt },
    stop:
      refusal === null
        ? run.stop
        : {
            ...(run.stop ?? { code: refusal.code, message: `${refusal.message} ${refusal.remedy}` }),
            answers: false,
          },
  }));
}

const permissionMissing: Refusal = {
  code: 'permission-missing',
  message: 'Omnisend does not let this key read batches.',
  remedy: 'Give the API key the permission to read contacts.',
};

/** A page whose lane has gone on to another one (its message died in between) is free again. */
async function releaseStrays(ports: Ports, run: Run): Promise<void> {
  const { brand } = run;
  if (brand === null) return;
  // Pages before lanes: a lane's row names a page before the page names the lane.
  const pages = await loadPages(ports, run.id);
  const lanes = (await ports.store.lanes.list(brand.id)).map((row) => row.value);
  for (const page of pages) {
    if (page.lane === null || pageState(page) !== 'open') continue;
    const lane = lanes.find(({ number }) => number === page.lane);
    if (lane?.page?.runId === run.id && lane.page.number === page.number) continue;
    await changeRow(ports.store.pages, at.page(run.id, page.number), (stored) =>
      stored?.lane === page.lane ? { ...stored, lane: null } : undefined,
    );
  }
}

async function goOn(
  ports: Ports,
  held: Held<Run>,
  before: readonly Page[],
  asked: Asking,
  endAt: number,
  requests: () => number,
): Promise<readonly Outgoing[]> {
  const pages = await loadPages(ports, held.value.id);
  const states = new Set(pages.map(pageState));
  const arePagesDone = !states.has('open') && !states.has('in-flight');
  const inFlight = pages.flatMap((page) => page.batches).filter((batch) => batch.state === 'posted').length;
  const answersLost = held.value.stop?.answers === false && states.has('in-flight');
  const delayMs =
    answersLost || asked.isCutShort
      ? 0
      : Math.min(
          lookDelaySeconds(held.value.looks, inFlight >= maxInFlight) * 1000,
          pauseUntil(asked.askAgainAt, ports.clock.now()),
        );
  // The pause until the next look is time for tags; when nothing is left to look for, all of it is.
  const tagged = isStopping(held.value)
    ? tagsDone
    : await requestTags(ports, held, arePagesDone ? endAt : Math.min(endAt, ports.clock.now() + delayMs));
  const now = ports.clock.now();
  const settledNow = settledCount(pages) - settledCount(before);
  const progressed = settledNow + tagged.made > 0;
  ports.log.info('batches-settled', {
    run: held.value.id,
    brand: held.value.brand?.id ?? null,
    settled: settledNow,
    looks: held.value.looks,
    requests: requests(),
  });
  const progressAt = (run: Run): number => (progressed ? now : run.progressAt);
  if (arePagesDone && tagged.left === 0) {
    const turn = nextTurn(held.turn, 'finish', now);
    await held.end(turn, (run) => ({
      ...(run.state === 'sending' ? entered(run, 'settling', now) : run),
      progressAt: progressAt(run),
    }));
    return [runMessage(held.value.id, turn, now)];
  }
  const turn = nextTurn(held.turn, 'settle', now, tagged.made > 0 ? now : now + delayMs);
  await held.end(turn, (run) => ({
    ...(run.state === 'sending' && !states.has('open') ? entered(run, 'settling', now) : run),
    looks: run.looks + 1,
    progressAt: progressAt(run),
  }));
  const woken =
    held.value.brand !== null && states.has('open') ? await wakeLanes(ports, held.value.brand.id) : [];
  return [runMessage(held.value.id, turn, now), ...woken];
}

/** What found no slot, or a 429, is asked again as soon as that is over: lanes soon stand still for want of answers. */
const pauseUntil = (askAgainAt: number | null, now: number): number =>
  askAgainAt === null ? Number.POSITIVE_INFINITY : Math.max(shortestPauseMs, askAgainAt - now);

const settledCount = (pages: readonly Page[]): number =>
  pages.flatMap((page) => page.batches).filter((batch) => batch.state === 'settled').length;

import type { RemoteBatch } from './answers.ts';
import { originOf } from './batch.ts';
import type { BatchId } from './ids.ts';
import type { Batch, Page } from './page.ts';
import { countRows } from './rows-of.ts';

/** An intent older than this has outlived its POST's time-out (30 s) and the lag of Omnisend's lists. */
const intentUnansweredAfterMs = 180_000;
/** Omnisend's clock may differ from ours by this much. */
export const clockSkewMs = 120_000;

export const isUnanswered = (batch: Batch, now: number): boolean =>
  batch.state === 'intent' && batch.intentAt !== null && now - batch.intentAt >= intentUnansweredAfterMs;

/** The UTC day before a moment, as Omnisend's lists are asked: an intent may have been posted over midnight. */
export const dayBefore = (moment: number): string => new Date(moment - 86_400_000).toISOString().slice(0, 10);

/**
 * Listed batches that may be this intent's post, the surest first. `recorded`: ids that belong to other batches.
 * One that gives our `origin` back is it; where Omnisend gives none of ours back, count and time make candidates,
 * whose items are then compared with what we would have sent. `postable`: rows that would be posted now; people who
 * were forgotten since may have been posted, too.
 */
export const candidatesFor = (
  page: Page,
  batch: Batch,
  listed: readonly RemoteBatch[],
  recorded: ReadonlySet<BatchId>,
  postable = countRows(batch.rows),
): { readonly certain: RemoteBatch | undefined; readonly possible: readonly RemoteBatch[] } => {
  const unclaimed = listed.filter((remote) => !recorded.has(remote.id));
  const origin = originOf(page.runId, page.number, batch);
  const certain = unclaimed.find((remote) => remote.origin === origin);
  const since = (batch.intentAt ?? 0) - clockSkewMs;
  const possible = unclaimed.filter(
    ({ total, createdAt, origin: theirs }) =>
      total >= postable && total <= countRows(batch.rows) && createdAt >= since && !isOurs(theirs),
  );
  return { certain, possible };
};

/** Has the form of an `origin` of ours, so it names its batch: it is another one's. */
const isOurs = (origin: string): boolean => /^[a-z0-9-]+\.[A-Za-z0-9]+\/\d+\/\d+\/\d+$/.test(origin);

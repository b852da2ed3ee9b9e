import type { ExportId } from '../domain/ids.ts';
import { exportOf } from '../domain/ids.ts';
import { type DueNews, isLastTry, type News, noted, settledNews, taken } from '../domain/news.ts';
import { letterOf, noticeOf } from '../domain/notification.ts';
import type { ExportState } from '../domain/run.ts';
import type { SavedNotifications } from '../domain/saved.ts';
import type { Delivery } from '../ports/notifier.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';
import { isolated } from './isolated.ts';
import { loadAddressee } from './notifications.ts';

/** A receiver may take ten seconds for each: what is more waits for the next look. */
const maxAtOnce = 5;

/**
 * Tells people what became of runs: whatever is due, once. It is no part of any run, so a receiver that is slow, or
 * down, holds up none. One that takes no notice is asked a few times more, then that notice is given up.
 */
export async function sendNotices(ports: Ports): Promise<void> {
  const now = ports.clock.now();
  const due: DueNews[] = [];
  for (const { value } of await ports.store.states.list('exports')) {
    const { due: ofExport } = await newsOf(ports, value);
    due.push(...ofExport.filter(({ notBefore }) => notBefore <= now));
  }
  if (due.length === 0) return;
  const settings = (await ports.store.notifications.get(at.notifications))?.value;
  await Promise.all(
    due.slice(0, maxAtOnce).map((one) =>
      isolated(ports, 'notices', async () => {
        await tell(ports, settings, one);
        return [];
      }),
    ),
  );
}

/** The end of a run is noted as it ends; that one is held is seen here. */
async function newsOf(ports: Ports, { active, news }: ExportState): Promise<News> {
  if (active === null) return news;
  const run = (await ports.store.runs.get(at.run(active.runId)))?.value;
  if (run?.state !== 'held' || noted(news, run) === news) return news;
  const row = await changeNews(ports, active.exportId, (stored) => noted(stored, run));
  return row?.value.news ?? news;
}

async function tell(ports: Ports, settings: SavedNotifications | undefined, one: DueNews): Promise<void> {
  const id = exportOf(one.run);
  const { definition = null, secretName = null } = settings ?? {};
  const run = (await ports.store.runs.get(at.run(one.run)))?.value;
  const isWanted = definition?.enabled === true && definition.on.includes(one.event);
  // What waited so long that nobody can approve the run any more would send people for nothing.
  const isOver = one.event === 'held' && run?.state !== 'held';
  if (!isWanted || isOver || secretName === null || run === undefined) {
    await changeNews(ports, id, (stored) => settledNews(stored, one));
    return;
  }
  // Before it is sent, so that a second look at the same time does not send it too.
  let isTaken = false;
  await changeNews(ports, id, (stored) => {
    const next = taken(stored, one, ports.clock.now());
    isTaken = next !== null;
    return next ?? stored;
  });
  if (!isTaken) return;
  const { kind, code } = await send(ports, secretName, (secret) =>
    letterOf(noticeOf(run, one.event), definition.format, secret, ports.clock.now()),
  );
  const fields = { event: one.event, tries: one.tries + 1 };
  if (kind === 'failed' && !isLastTry(one)) {
    ports.log.warn('notice-failed', { run: one.run, ...fields, code });
    return;
  }
  await changeNews(ports, id, (stored) => settledNews(stored, one));
  if (kind === 'failed') ports.log.error('notice-given-up', { run: one.run, ...fields, code });
  else ports.log.info('notice-sent', { run: one.run, ...fields });
}

async function send(
  ports: Ports,
  secretName: string,
  letter: (secret: string | null) => Parameters<Ports['notifier']['send']>[1],
): Promise<{ readonly kind: Delivery['kind']; readonly code: string }> {
  const found = await loadAddressee(ports, secretName);
  if (found.kind !== 'ok') return { kind: 'failed', code: found.kind };
  const { url, secret } = found.value;
  return { code: '', ...(await ports.notifier.send(url, letter(secret))) };
}

const changeNews = (ports: Ports, id: ExportId, change: (stored: News) => News) =>
  changeRow(ports.store.states, at.state(id), (stored) => {
    if (stored === undefined) return undefined;
    const after = change(stored.news);
    return after === stored.news ? undefined : { ...stored, news: after };
  });

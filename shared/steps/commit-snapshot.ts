import { commitShard, type RowVerdict } from '../domain/commit-shard.ts';
import { exportOf, type KeyHash, runId } from '../domain/ids.ts';
import { buildKeyedBlob, parseLines } from '../domain/keyed-blob.ts';
import type { Page } from '../domain/page.ts';
import type { Change, SnapshotRecord } from '../domain/plan.ts';
import { rowVerdicts } from '../domain/row-verdicts.ts';
import type { Run } from '../domain/run.ts';
import { bucketRange } from '../domain/sharding.ts';
import type { RefusedRow } from '../domain/spool.ts';
import type { TagCall } from '../domain/tag-call.ts';
import { tagOutcomes } from '../domain/tag-outcomes.ts';
import type { Ports } from '../ports/ports.ts';
import { at, paths } from './addresses.ts';
import { changeRow } from './change-row.ts';
import { listOf, loadChanges, loadPages, loadTagCalls, loadTaggings } from './load.ts';
import { loadForgottenKeys } from './load-forgotten.ts';
import { gatherLines, KeyedReader, snapshotFiles } from './shard-files.ts';

interface CommittedShard {
  readonly records: number;
  /** Names that some contact of the shard may have set. */
  readonly markers: readonly string[];
}

/** What a run asked of Omnisend, as stored. */
export interface Sent {
  readonly pages: readonly Page[];
  readonly tagCalls: readonly TagCall[];
}

export async function loadSent(ports: Ports, run: Run): Promise<Sent> {
  const [pages, tagCalls] = await Promise.all([loadPages(ports, run.id), loadTagCalls(ports, run)]);
  return { pages, tagCalls };
}

/** Writes one shard of the snapshot as it is after the run. Repeating it writes the same bytes. */
export async function commitOneShard(
  ports: Ports,
  run: Run,
  shard: number,
  { pages, tagCalls }: Sent,
): Promise<CommittedShard> {
  const { plan, brand } = run;
  if (plan === null || brand === null) throw new Error(`Run ${run.id} commits without a plan.`);
  const buckets = bucketRange(shard, plan.shards);
  const reader = new KeyedReader(ports.blobs);
  const records = await gatherLines<SnapshotRecord>(reader, snapshotFiles(run, plan, buckets), buckets);
  const list = listOf(run, shard);
  const bytes = await ports.blobs.get(paths.changes(run.id, shard, list));
  if (bytes === undefined) throw new Error(`The change list of shard ${shard} of ${run.id} is not stored.`);
  const changes = parseLines<Change>(bytes);
  const dropped = await ports.blobs.get(paths.dropped(run.id, shard, list));
  const verdicts = await verdictsOf(ports, run, shard, pages, changes.length);
  const after = commitShard({
    records,
    changes,
    verdictOf: (index) => verdicts[index] ?? 'kept',
    taggings: plan.taggings === 0 ? [] : await loadTaggings(ports, run, shard),
    tagOutcomeOf: tagOutcomes(tagCalls, shard),
    dropped: dropped === undefined ? [] : parseLines<KeyHash>(dropped),
    forgotten: await loadForgottenKeys(ports, exportOf(run.id)),
  });
  await ports.blobs.put(paths.snapshot(exportOf(run.id), brand.id, run.id, shard), buildKeyedBlob(after));
  const markers = new Set(after.flatMap((record) => [...record.markers, ...(record.tags ?? [])]));
  return { records: after.length, markers: [...markers] };
}

/** What became of each change of one shard: its pages know, and the lists of refused rows. */
export async function verdictsOf(
  ports: Ports,
  run: Run,
  shard: number,
  pages: readonly Page[],
  length: number,
): Promise<readonly RowVerdict[]> {
  const verdicts = new Array<RowVerdict>(length).fill('kept');
  for (const page of pages) {
    if (!page.ranges.some((range) => range.shard === shard)) continue;
    const ended = await endedOf(ports, page);
    // Keys are only needed where some row of the page was refused; most pages have none.
    const changes = ended.size > 0 ? await loadChanges(ports, page) : [];
    const ofPage = rowVerdicts(page, changes, ended);
    let row = 0;
    for (const range of page.ranges) {
      for (let index = range.from; index < range.to; index += 1) {
        const verdict = ofPage[row] ?? 'kept';
        const isProbed = page.number === 0 && run.probed.includes(row);
        if (range.shard === shard) verdicts[index] = isProbed && verdict === 'kept' ? 'open' : verdict;
        row += 1;
      }
    }
  }
  return verdicts;
}

/** The page's rows that are listed as refused or failed. Only a batch with such rows has a list. */
export async function endedOf(
  ports: Ports,
  page: Page,
): Promise<ReadonlyMap<KeyHash, RefusedRow['outcome']>> {
  const ended = new Map<KeyHash, RefusedRow['outcome']>();
  for (const { number, upserts, leaves } of page.batches) {
    const lost = [upserts, leaves].reduce(
      (sum, tally) => sum + (tally?.refused ?? 0) + (tally?.failed ?? 0),
      0,
    );
    if (lost === 0) continue;
    const path = paths.refused(page.runId, page.number, number);
    const bytes = await ports.blobs.get(path);
    if (bytes === undefined) throw new Error(`Blob ${path} is missing.`);
    for (const row of parseLines<RefusedRow>(bytes)) ended.set(row.key, row.outcome);
  }
  return ended;
}

/** Makes the run's snapshot the current one by one conditional write, and keeps only that and the one before it. */
export async function makeCurrent(ports: Ports, run: Run, records: number): Promise<void> {
  const { plan, brand } = run;
  if (plan === null || brand === null) throw new Error(`Run ${run.id} commits without a plan.`);
  const exportId = exportOf(run.id);
  const written = await changeRow(ports.store.snapshots, at.snapshot(exportId, brand.id), (stored) => {
    if (stored?.current === run.id) return undefined;
    if ((stored?.current ?? null) !== (plan.snapshot?.run ?? null)) {
      throw new Error(`Run ${run.id} was planned against another snapshot than the current one.`);
    }
    return {
      current: run.id,
      previous: stored?.current ?? null,
      shards: plan.shards,
      records,
      committedAt: ports.clock.now(),
    };
  });
  const kept: readonly (string | null | undefined)[] = [written?.value.current, written?.value.previous];
  const folder = paths.snapshotsOf(exportId, brand.id);
  const runs = new Set(
    (await ports.blobs.list(folder)).map((path) => path.slice(folder.length).split('/')[0]),
  );
  for (const id of runs) {
    if (id === undefined || kept.includes(id)) continue;
    // Who stood still above may wake up when newer runs have committed theirs: only what is older goes.
    const other = (await ports.store.runs.get(at.run(runId.parse(id))))?.value;
    const isOlder = other === undefined || (other.endedAt !== null && other.endedAt <= (run.startedAt ?? 0));
    if (isOlder) await ports.blobs.removeAll(`${folder}${id}/`);
  }
}

/** Commits what an earlier run of the export wrote but could not commit, so that its contacts are known. */
export async function commitMissing(ports: Ports, run: Run): Promise<void> {
  const address = at.state(exportOf(run.id));
  const uncommitted = (await ports.store.states.get(address))?.value.uncommitted ?? null;
  if (uncommitted === null) return;
  const earlier = (await ports.store.runs.get(at.run(uncommitted)))?.value;
  // What is not committed within the time for which personal data is kept never can be.
  if (earlier?.kept === 'everything') await commitUnlessNewer(ports, earlier);
  await changeRow(ports.store.states, address, (stored) =>
    stored?.uncommitted === uncommitted ? { ...stored, uncommitted: null } : undefined,
  );
}

/** Only where nobody has committed since: the run's plan refers to the snapshot that is still the current one. */
async function commitUnlessNewer(ports: Ports, run: Run): Promise<void> {
  const { plan, brand } = run;
  if (plan === null || brand === null) return;
  const manifest = await ports.store.snapshots.get(at.snapshot(exportOf(run.id), brand.id));
  if ((manifest?.value.current ?? null) !== (plan.snapshot?.run ?? null)) return;
  const sent = await loadSent(ports, run);
  let records = 0;
  for (let shard = 0; shard < plan.shards; shard += 1) {
    records += (await commitOneShard(ports, run, shard, sent)).records;
  }
  await makeCurrent(ports, run, records);
}

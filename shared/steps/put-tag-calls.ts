import { pageState } from '../domain/batch.ts';
import type { Run } from '../domain/run.ts';
import { tagCallsOf } from '../domain/tag-calls-of.ts';
import type { Ports } from '../ports/ports.ts';
import { verdictsOf } from './commit-snapshot.ts';
import type { Held } from './in-turn.ts';
import { loadPages, loadTaggings } from './load.ts';

/**
 * Stores the tag calls of every shard whose batches have all ended: Omnisend ignores an address that it does not know,
 * so a contact is tagged only when its upsert is accepted. Repeating it finds the same calls there.
 */
export async function putTagCalls(ports: Ports, held: Held<Run>): Promise<void> {
  const { id, plan } = held.value;
  if (plan === null || plan.taggings === 0) return;
  const pages = await loadPages(ports, id);
  for (let shard = 0; shard < plan.shards; shard += 1) {
    const ofShard = pages.filter((page) => page.ranges.some((range) => range.shard === shard));
    if (held.value.tagged.includes(shard) || ofShard.some((page) => pageState(page) !== 'done')) continue;
    const taggings = await loadTaggings(ports, held.value, shard);
    if (taggings.length > 0) {
      const changes = 1 + Math.max(-1, ...taggings.map((tagging) => tagging.change ?? -1));
      const verdicts = await verdictsOf(ports, held.value, shard, ofShard, changes);
      const calls = tagCallsOf({
        runId: id,
        shard,
        taggings,
        ready: (change) => change === null || verdicts[change] === 'accepted',
        now: Math.max(ports.clock.now(), held.value.tagsFrom),
      });
      await ports.store.tagCalls.insertAll(
        id,
        calls.map((call) => ({ key: call.key, value: call })),
      );
    }
    await held.update((run) => ({ ...run, tagged: [...run.tagged, shard], progressAt: ports.clock.now() }));
  }
}

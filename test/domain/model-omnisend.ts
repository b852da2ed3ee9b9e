import { commitShard, type RowVerdict } from '../../shared/domain/commit-shard.ts';
import type { ExportDefinition } from '../../shared/domain/definition.ts';
import { markerNames } from '../../shared/domain/markers.ts';
import type { Change, SnapshotRecord, Tagging } from '../../shared/domain/plan.ts';
import { planShard, type ShardPlan } from '../../shared/domain/plan-shard.ts';
import { expandRows } from '../../shared/domain/rows-of.ts';
import type { SpoolRow } from '../../shared/domain/spool.ts';
import type { TagCall } from '../../shared/domain/tag-call.ts';
import { tagCallsOf } from '../../shared/domain/tag-calls-of.ts';
import { tagOutcomes } from '../../shared/domain/tag-outcomes.ts';
import { aRun } from './planning.ts';

/** What became of one change or tag call, and whether Omnisend has it, which the export does not always know. */
export type Fate = 'done' | 'open-arrived' | 'open-lost' | 'refused' | 'unsent';

export interface PastRun {
  readonly rows: readonly SpoolRow[];
  readonly definition: ExportDefinition;
  readonly kind: 'changes' | 'full';
  /** Of the changes, and of the tag calls, in turn. */
  readonly fates: readonly Fate[];
  readonly tagFates: readonly Fate[];
}

const arrived = (fate: Fate): boolean => fate === 'done' || fate === 'open-arrived';

const verdicts = {
  done: 'accepted',
  'open-arrived': 'open',
  'open-lost': 'open',
  refused: 'kept',
  unsent: 'kept',
} as const satisfies Record<Fate, RowVerdict>;

const callAfter = (call: TagCall, fate: Fate): TagCall => {
  switch (fate) {
    case 'done':
      return { ...call, state: 'requested' };
    case 'open-arrived':
      return { ...call, state: 'intent' };
    case 'open-lost':
      return { ...call, state: 'failed', mayHaveArrived: true };
    case 'refused':
      return { ...call, state: 'refused' };
    case 'unsent':
      return { ...call, state: 'cancelled' };
  }
};

interface Held {
  /** Of the last upsert that arrived. */
  fingerprint: string | undefined;
  readonly properties: Set<string>;
  readonly tags: Set<string>;
}

/** One export's snapshot, and the contacts of a model Omnisend that merges properties and ignores unknown addresses. */
export class Model {
  records: readonly SnapshotRecord[] = [];
  readonly contacts = new Map<string, Held>();
  /** By address: the markers that the contact's segments ever called for. */
  readonly called = new Map<string, Set<string>>();

  /** Another one of the same past. */
  copy(): Model {
    const copy = new Model();
    copy.records = this.records;
    for (const [email, held] of this.contacts) copy.contacts.set(email, structuredClone(held));
    for (const [email, called] of this.called) copy.called.set(email, new Set(called));
    return copy;
  }

  plan({ rows, definition, kind }: Omit<PastRun, 'fates' | 'tagFates'>): ShardPlan {
    return planShard({ rows, records: this.records, definition, kind });
  }

  run(past: PastRun): { readonly plan: ShardPlan; readonly calls: readonly TagCall[] } {
    const plan = this.plan(past);
    this.#noteCalled(past);
    const fateOf = (index: number): Fate => past.fates[index % past.fates.length] ?? 'done';
    plan.changes.forEach((change, index) => {
      if (arrived(fateOf(index))) this.#write(change);
    });
    const calls = tagCallsOf({
      runId: aRun,
      shard: 0,
      taggings: plan.taggings,
      ready: (change) => change === null || fateOf(change) === 'done',
      now: 0,
    }).map((call, index) => {
      const fate = past.tagFates[index % past.tagFates.length] ?? 'done';
      if (arrived(fate)) this.#tag(call, plan.taggings);
      return callAfter(call, fate);
    });
    this.records = commitShard({
      records: this.records,
      changes: plan.changes,
      verdictOf: (index) => verdicts[fateOf(index)],
      taggings: plan.taggings,
      tagOutcomeOf: tagOutcomes(calls, 0),
      dropped: plan.dropped,
    });
    return { plan, calls };
  }

  #noteCalled({ rows, definition }: PastRun): void {
    const names = markerNames(definition);
    for (const { contact, segments } of rows) {
      const called = this.called.get(contact.email) ?? new Set();
      for (const segment of segments) called.add(names[segment] ?? 'none');
      this.called.set(contact.email, called);
    }
  }

  #write({ kind, contact, fingerprint }: Change): void {
    const held = this.contacts.get(contact.email) ?? {
      fingerprint: undefined,
      properties: new Set(),
      tags: new Set(),
    };
    this.contacts.set(contact.email, held);
    if (kind === 'upsert') held.fingerprint = fingerprint;
    for (const [name, value] of Object.entries(contact.properties ?? {})) {
      if (value === true) held.properties.add(name);
      else held.properties.delete(name);
    }
  }

  #tag({ rows, tag, direction }: TagCall, taggings: readonly Tagging[]): void {
    for (const index of expandRows(rows)) {
      const tags = this.contacts.get(taggings[index]?.email ?? '')?.tags;
      if (direction === 'add') tags?.add(tag);
      else tags?.delete(tag);
    }
  }
}

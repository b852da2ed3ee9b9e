import type { Contact } from './contact.ts';
import type { ExportDefinition } from './definition.ts';
import type { CustomerId } from './ids.ts';
import type { InvalidReason } from './outcome.ts';
import type { SnapshotRecord } from './plan.ts';
import { planShard, type ShardPlan } from './plan-shard.ts';
import type { InvalidRow, SpoolRow } from './spool.ts';

/** What a `changes` run would make of one customer, and why, in words for a person. */
export type Decision =
  | { readonly kind: 'upsert' | 'tags' | 'unchanged' | 'leave' | 'not-a-member'; readonly why: string }
  | { readonly kind: 'duplicate'; readonly winner: CustomerId; readonly why: string }
  | {
      readonly kind: 'invalid';
      readonly field: string;
      readonly reason: InvalidReason;
      readonly why: string;
    };

export interface Trace {
  readonly decision: Decision;
  /** What Omnisend has once a run has told it, with the markers; of a loser its own contact. `null`: nothing is told. */
  readonly contact: Contact | null;
  /** Names that the run would set and take, as properties or tags. */
  readonly markers: { readonly set: readonly string[]; readonly taken: readonly string[] };
}

export interface TraceInput {
  /** `row`: it may be in no segment. `absent`: there is nothing usable that could be a member. */
  readonly seen:
    | { readonly kind: 'row'; readonly row: SpoolRow }
    | { readonly kind: 'invalid'; readonly row: InvalidRow }
    | { readonly kind: 'absent' };
  /** Members with the same key. */
  readonly rivals: readonly SpoolRow[];
  readonly record: SnapshotRecord | undefined;
  readonly definition: ExportDefinition;
}

const invalidWhy: Readonly<Record<InvalidReason, string>> = {
  'email-missing': 'The profile has no e-mail address.',
  'email-malformed': 'The e-mail address is none that can be written to.',
  'row-malformed': 'The membership in the source cannot be read.',
  'no-profile': 'The customer is a member, but has no profile.',
  'too-big': 'The contact is larger than Omnisend takes.',
  forgotten: 'The address is forgotten until that is lifted.',
};

const noMarkers = { set: [], taken: [] } as const;

/** Planning itself decides, over the one key. */
export const traceOf = ({ seen, rivals, record, definition }: TraceInput): Trace => {
  if (seen.kind === 'invalid') {
    const { field, reason } = seen.row;
    const decision = { kind: 'invalid', field, reason, why: invalidWhy[reason] } as const;
    return { decision, contact: null, markers: noMarkers };
  }
  const own = seen.kind === 'row' && seen.row.segments.length > 0 ? seen.row : undefined;
  const input = {
    rows: own === undefined ? rivals : [own, ...rivals],
    records: record === undefined ? [] : [record],
    definition,
  };
  const plan = planShard({ ...input, kind: 'changes' });
  if (own === undefined) return traceNonMember(plan, rivals, record, definition);

  const lost = plan.duplicates.find(({ id }) => id === own.id);
  if (lost !== undefined) {
    const why = 'Another profile with the same address wins: the newest change, then the lowest customer id.';
    return {
      decision: { kind: 'duplicate', winner: lost.winner, why },
      contact: own.contact,
      markers: noMarkers,
    };
  }
  // A full run tells what Omnisend has already, too.
  const [told] = planShard({ ...input, kind: 'full' }).changes;
  const markers = markersIn(plan, record);
  return { decision: decisionOn(plan, record), contact: told?.contact ?? null, markers };
};

const decisionOn = ({ changes, taggings }: ShardPlan, record: SnapshotRecord | undefined): Decision => {
  if (changes.length > 0) return { kind: 'upsert', why: whyUpsert(record) };
  if (taggings.length > 0) {
    return {
      kind: 'tags',
      why: 'The contact is as Omnisend accepted it before; only tags are set or taken.',
    };
  }
  return { kind: 'unchanged', why: 'It is as Omnisend accepted it before, so nothing is sent.' };
};

const whyUpsert = (record: SnapshotRecord | undefined): string => {
  if (record === undefined) return 'No earlier run of this export brought the address to the brand.';
  return record.fingerprint === undefined
    ? 'What an earlier run sent has no final answer, so all of it is sent again.'
    : 'A value, the segments or the data matching changed since Omnisend accepted it.';
};

const traceNonMember = (
  plan: ShardPlan,
  rivals: readonly SpoolRow[],
  record: SnapshotRecord | undefined,
  { onLeave }: ExportDefinition,
): Trace => {
  const isLeaving = rivals.length === 0 && plan.changes.length + plan.taggings.length > 0;
  if (isLeaving) {
    return {
      decision: { kind: 'leave', why: "In none of the export's segments any more: its markers are taken." },
      contact: plan.changes[0]?.contact ?? null,
      markers: markersIn(plan, record),
    };
  }
  const why = ((): string => {
    if (rivals.length > 0) return 'Another profile with the same address is a member, so the contact stays.';
    if (record === undefined) return "In none of the export's segments, and not known from an earlier run.";
    return onLeave === 'keep' && record.markers.length + (record.tags?.length ?? 0) > 0
      ? "In none of the export's segments any more; the export lets people who leave keep their markers."
      : "In none of the export's segments any more; there is no marker to take.";
  })();
  return { decision: { kind: 'not-a-member', why }, contact: null, markers: noMarkers };
};

const markersIn = (
  { changes, taggings }: ShardPlan,
  record: SnapshotRecord | undefined,
): Trace['markers'] => {
  const [change] = changes;
  const [tagging] = taggings;
  const taken = (record?.markers ?? []).filter((name) => change?.contact.properties?.[name] === false);
  return {
    set: [...(change?.kind === 'upsert' ? change.markers : []), ...(tagging?.add ?? [])],
    taken: [...taken, ...(tagging?.remove ?? [])],
  };
};

import type { ExportDefinition } from '../domain/definition.ts';
import { normaliseEmail } from '../domain/email.ts';
import type { CustomerId, ExportId, KeyHash } from '../domain/ids.ts';
import { hashKey } from '../domain/key.ts';
import { matchProfile } from '../domain/matching.ts';
import type { SnapshotRecord } from '../domain/plan.ts';
import type { SavedExport } from '../domain/saved.ts';
import type { LeftOut, SpoolRow } from '../domain/spool.ts';
import { type Trace, type TraceInput, traceOf } from '../domain/trace.ts';
import type { Ports } from '../ports/ports.ts';
import type { Finding, FoundCustomer } from '../ports/source.ts';
import { at } from './addresses.ts';
import { hashSecretName, questionOf } from './load.ts';
import { loadForgotten } from './load-forgotten.ts';
import { type OpenSnapshot, openSnapshot } from './open-snapshot.ts';

export type AskedProfile = { readonly customerId: CustomerId } | { readonly email: string };

/** One customer's way through the export, with its values: for the eyes of an administrator only. */
export interface ProfilePreview extends Trace {
  readonly customerId: CustomerId;
  /** As the source gives it: `null` where it has nothing of the customer. */
  readonly source: {
    readonly segments: readonly string[];
    readonly changedAt: string | null;
    /** By the column names of the definition; `null`: no profile. */
    readonly values: Readonly<Record<string, unknown>> | null;
  } | null;
  readonly leftOut: readonly LeftOut[];
  /** What Omnisend has of the address by our own doing. */
  readonly known: KnownContact | null;
  /** Where the address asked for is not the customer's any more: what becomes of the contact under it. */
  readonly askedAddress: (Trace & { readonly known: KnownContact | null }) | null;
  /** What this answer cannot tell. */
  readonly notes: readonly string[];
}

export interface KnownContact {
  readonly customerId: CustomerId;
  readonly email: string;
  /** `unsure`: posted without a final answer. */
  readonly state: 'accepted' | 'unsure';
  readonly markers: readonly string[];
  readonly tags: readonly string[];
}

export type ProfileAnswer =
  | { readonly kind: 'traced'; readonly preview: ProfilePreview }
  | { readonly kind: 'unknown-export' | 'email-malformed' | 'not-known-by-email' | 'vault-unavailable' }
  | Exclude<Finding, { readonly kind: 'ok' }>;

/** Each costs two requests, and somebody waits. */
const maxRivals = 5;

/** Traces one customer against the current snapshot, as the next run would. Nothing is stored, and nothing is sent. */
export async function previewProfile(
  ports: Ports,
  id: ExportId,
  asked: AskedProfile,
): Promise<ProfileAnswer> {
  const saved = (await ports.store.exports.get(at.export(id)))?.value;
  if (saved === undefined) return { kind: 'unknown-export' };
  const { definition } = saved;
  const secret = await secretOf(ports, saved);
  if (secret === undefined) return { kind: 'vault-unavailable' };
  const state = (await ports.store.states.get(at.state(id)))?.value;
  const snapshot = await openSnapshot(ports, id, state?.brand ?? null);
  const isForgotten = await loadForgotten(ports);
  if (isForgotten === null) return { kind: 'vault-unavailable' };
  const reader: Reader = { ports, definition, secret, snapshot, isForgotten };

  const start = await startOf(reader, asked);
  if (start.kind !== 'ok') return start;
  const found = await ports.source.find(questionOf({ definition }), { customerId: start.customerId });
  if (found.kind !== 'ok') return found;
  const traced = await trace(reader, start.customerId, found.value, start.record);
  if (traced.kind !== 'traced') return traced;
  const isRunning = (state?.active ?? null) !== null;
  const notes = isRunning ? ['A run is active: what it sends is not in the snapshot yet.'] : [];
  const preview = { ...traced.preview, notes: [...traced.preview.notes, ...notes] };
  ports.log.info('profile-previewed', { export: id, decision: preview.decision.kind });
  return { kind: 'traced', preview };
}

interface Reader {
  readonly ports: Ports;
  readonly definition: ExportDefinition;
  readonly secret: string;
  readonly snapshot: OpenSnapshot | null;
  readonly isForgotten: (email: string) => boolean;
}

/** Before an export's first run there is none, and no key is stored that it could be compared with. */
async function secretOf(ports: Ports, saved: SavedExport): Promise<string | undefined> {
  const answer = await ports.secrets.get(hashSecretName(saved));
  if (answer.kind === 'absent') return '';
  return answer.kind === 'ok' ? answer.value : undefined;
}

type Start =
  | {
      readonly kind: 'ok';
      readonly customerId: CustomerId;
      /** Of the address asked for. */
      readonly record: SnapshotRecord | undefined;
    }
  | { readonly kind: 'email-malformed' | 'not-known-by-email' };

/** An address must be in no request's URL, so the source is not asked for it: the snapshot knows whose it is. */
async function startOf({ secret, snapshot }: Reader, asked: AskedProfile): Promise<Start> {
  if ('customerId' in asked) return { kind: 'ok', customerId: asked.customerId, record: undefined };
  const normalised = normaliseEmail(asked.email);
  if (normalised.kind !== 'ok') return { kind: 'email-malformed' };
  const record = await snapshot?.record(hashKey(secret, normalised.email));
  return record === undefined
    ? { kind: 'not-known-by-email' }
    : { kind: 'ok', customerId: record.id, record };
}

interface Seen {
  readonly seen: TraceInput['seen'];
  readonly leftOut: readonly LeftOut[];
}

/** As reading and matching see it. Who is in no segment is matched all the same: it may be known under the address. */
function see({ definition, secret, isForgotten }: Reader, id: CustomerId, found: FoundCustomer): Seen {
  const { segments, oddMemberships, profile } = found;
  const isMember = segments.length > 0;
  const refused = (field: string, reason: 'row-malformed' | 'no-profile' | 'forgotten'): Seen => ({
    seen: { kind: 'invalid', row: { id, field, reason } },
    leftOut: [],
  });
  if (!isMember && oddMemberships > 0) return refused('segments', 'row-malformed');
  if (profile === null)
    return isMember ? refused('profile', 'no-profile') : { seen: { kind: 'absent' }, leftOut: [] };
  const matched = matchProfile(profile, segments, definition);
  if (matched.kind === 'invalid') return { seen: isMember ? matched : { kind: 'absent' }, leftOut: [] };
  if (isForgotten(matched.row.contact.email)) return refused('email', 'forgotten');
  const row = { key: hashKey(secret, matched.row.contact.email), ...matched.row };
  return { seen: { kind: 'row', row }, leftOut: matched.leftOut };
}

async function trace(
  reader: Reader,
  id: CustomerId,
  found: FoundCustomer,
  askedRecord: SnapshotRecord | undefined,
): Promise<ProfileAnswer> {
  const { definition, snapshot } = reader;
  const { seen, leftOut } = see(reader, id, found);
  const key = seen.kind === 'row' ? seen.row.key : seen.kind === 'absent' ? askedRecord?.key : undefined;
  const recordUnder = (under: KeyHash) =>
    under === askedRecord?.key ? askedRecord : snapshot?.record(under);
  const record = key === undefined ? undefined : await recordUnder(key);
  const rivals = await rivalsOf(reader, id, [key, askedRecord?.key]);
  if (rivals.kind !== 'ok') return rivals;

  const traceKey = (
    of: TraceInput['seen'],
    known: SnapshotRecord | undefined,
    under: KeyHash | undefined,
  ) => ({
    ...traceOf({
      seen: of,
      rivals: rivals.rows.filter((row) => row.key === under),
      record: known,
      definition,
    }),
    known: known === undefined ? null : knownContact(known),
  });
  const isOther = askedRecord !== undefined && askedRecord.key !== key;
  const { profile, segments } = found;
  const hasSource = profile !== null || segments.length + found.oddMemberships > 0;
  return {
    kind: 'traced',
    preview: {
      customerId: id,
      source: hasSource
        ? {
            segments: segments.flatMap((position) => definition.segments[position] ?? []),
            changedAt: profile?.changedAt === undefined ? null : new Date(profile.changedAt).toISOString(),
            values: profile?.values ?? null,
          }
        : null,
      leftOut,
      ...traceKey(seen, record, key),
      askedAddress: isOther ? traceKey({ kind: 'absent' }, askedRecord, askedRecord.key) : null,
      notes: [
        'Profiles that share the address are looked for among those that earlier runs met: another one may win.',
        ...(rivals.more ? [`Of the profiles that share the address, only ${maxRivals} were looked at.`] : []),
        ...(askedRecord === undefined
          ? ['A contact under a former address of the customer is found by that address only.']
          : []),
        ...(snapshot === null ? ['No run has committed a snapshot yet.'] : []),
      ],
    },
  };
}

type Rivals = { readonly kind: 'ok'; readonly rows: readonly SpoolRow[]; readonly more: boolean };

/** Members under one of these keys, of the customers that the snapshot and its run's duplicates name. */
async function rivalsOf(
  reader: Reader,
  id: CustomerId,
  keys: readonly (KeyHash | undefined)[],
): Promise<Rivals | Exclude<Finding, { readonly kind: 'ok' }>> {
  const { ports, definition, snapshot } = reader;
  const ids = new Set<CustomerId>();
  for (const key of new Set(keys)) {
    if (key !== undefined) for (const other of (await snapshot?.customers(key)) ?? []) ids.add(other);
  }
  ids.delete(id);
  const looked = [...ids].slice(0, maxRivals);
  const rows: SpoolRow[] = [];
  for (const customerId of looked) {
    const found = await ports.source.find(questionOf({ definition }), { customerId });
    if (found.kind !== 'ok') return found;
    const { seen } = see(reader, customerId, found.value);
    const isMember = seen.kind === 'row' && seen.row.segments.length > 0;
    if (isMember && keys.includes(seen.row.key)) rows.push(seen.row);
  }
  return { kind: 'ok', rows, more: ids.size > looked.length };
}

const knownContact = ({ id, email, fingerprint, markers, tags = [] }: SnapshotRecord): KnownContact => ({
  customerId: id,
  email,
  state: fingerprint === undefined ? 'unsure' : 'accepted',
  markers,
  tags,
});

import type { BrandId, ConnectionId, ExportId } from '../domain/ids.ts';
import type { SavedConnection } from '../domain/saved.ts';
import type { Ports } from '../ports/ports.ts';
import type { SourceCheck, SourceIdentity } from '../ports/source.ts';
import { at } from './addresses.ts';
import { type Asked, askSoon, awaitSlot, noteTagAnswer, reserveTagSlot } from './ask.ts';
import { changeRow } from './change-row.ts';
import { type FoundBrand, findBrand, keyRefused, type Unusable, versionRetired } from './find-brand.ts';

type Permission = 'granted' | 'missing';

/** What a key may do: read batches and contacts, write contacts, read the brand's id and name. */
export interface Permissions {
  readonly read: Permission;
  readonly write: Permission;
  readonly brand: Permission;
}

/** The app's own identity at the source, which reads in place of a person: whether it can, and what to do where not. */
export interface ExportUser {
  readonly ok: boolean;
  readonly identity: SourceIdentity | null;
  readonly checks: readonly SourceCheck[];
}

export type Connected =
  | {
      readonly kind: 'connected';
      readonly brand: FoundBrand['brand'];
      readonly permissions: Permissions;
      readonly exportUser: ExportUser;
      /** Exports that were paused until now. */
      readonly resumed: readonly ExportId[];
    }
  | { readonly kind: 'unknown-connection' }
  | Unusable
  /** Exports of this connection went to other brands before, and nobody said that they shall change. */
  | {
      readonly kind: 'other-brand';
      readonly brand: FoundBrand['brand'];
      readonly exports: readonly { readonly export: ExportId; readonly brand: BrandId }[];
    }
  /** No request may be made soon enough for somebody who waits: again at `at`, ms since 1970. */
  | { readonly kind: 'busy'; readonly at: number }
  | { readonly kind: 'unreachable'; readonly what: 'vault' | 'omnisend' };

/** As long as a caller is kept waiting for each slot. */
const withinMs = 5_000;

/**
 * Takes a tag of ours from an address that nobody can have, which changes nothing, but is refused without the
 * permission to write: https://www.rfc-editor.org/rfc/rfc2606#section-2
 */
const harmlessWrite = {
  direction: 'remove',
  tag: 'connection_check',
  emails: ['nobody@connection-check.invalid'],
} as const;

/**
 * Finds out which brand the connection's key opens and what the key may do, without changing anything in Omnisend. A
 * key that may read and write ends the pause of the connection's exports.
 */
export async function connect(
  ports: Ports,
  id: ConnectionId,
  { confirmBrand }: { readonly confirmBrand?: BrandId } = {},
): Promise<Connected> {
  const connection = (await ports.store.connections.get(at.connection(id)))?.value;
  if (connection === undefined) return { kind: 'unknown-connection' };

  const found = await findBrand(ports, connection.secretName, {
    fresh: true,
    asking: (...asked) => askSoon(...asked, { withinMs }),
  });
  if (found.kind === 'later') return { kind: 'busy', at: found.at };
  if (found.kind !== 'ok') return found;

  const read = permissionOf(ports, connection, await askToRead(ports, found));
  if (typeof read !== 'string') return read;
  const write = permissionOf(ports, connection, await askToWrite(ports, found));
  if (typeof write !== 'string') return write;
  const permissions = { read, write, brand: found.mayReadBrand ? 'granted' : 'missing' } as const;
  if (Object.values(permissions).every((permission) => permission === 'missing')) return nothingAllowed;

  const { brand } = found;
  const exports = (await ports.store.exports.list('exports'))
    .filter(({ value }) => !value.isDetached)
    .map((row) => row.value.definition)
    .filter((definition) => definition.connection === id)
    .map((definition) => definition.id);
  const isConfirmed = confirmBrand === brand.id;
  const elsewhere = await wentElsewhere(ports, exports, brand.id);
  if (elsewhere.length > 0 && !isConfirmed) return { kind: 'other-brand', brand, exports: elsewhere };

  const isMended = read === 'granted' && write === 'granted';
  const resumed: ExportId[] = [];
  for (const one of exports) {
    if (await note(ports, one, { brand: brand.id, isConfirmed, isMended })) resumed.push(one);
  }
  ports.log.info('connection-checked', { brand: brand.id, read, write, resumed: resumed.length });
  return { kind: 'connected', brand, permissions, exportUser: await checkExportUser(ports), resumed };
}

async function checkExportUser({ source }: Ports): Promise<ExportUser> {
  const checks = await source.check();
  const identity = checks.find((one) => one.identity !== undefined)?.identity ?? null;
  return { ok: checks.every(({ ok }) => ok), identity, checks };
}

/** What settlement reads. */
const askToRead = (ports: Ports, { brand, apiKey }: FoundBrand): Promise<Asked<unknown>> =>
  askSoon(ports, brand.id, () => ports.destination.listBatches(apiKey, { state: 'pending', offset: 0 }), {
    withinMs,
  });

async function askToWrite(ports: Ports, { brand, apiKey }: FoundBrand): Promise<Asked<null>> {
  const moment = await tagSlotSoon(ports, brand.id, ports.clock.now() + withinMs);
  if (typeof moment !== 'number') return moment;
  if (!(await awaitSlot(ports, brand.id, moment))) return { kind: 'later', at: ports.clock.now() + 1_000 };
  const answer = await ports.destination.changeTags(apiKey, harmlessWrite);
  await noteTagAnswer(ports, brand.id, answer);
  return answer;
}

/** A moment for a tag call; `later` where none is to be had until then. */
async function tagSlotSoon(
  ports: Ports,
  brand: BrandId,
  until: number,
): Promise<number | { readonly kind: 'later'; readonly at: number }> {
  for (;;) {
    const slot = await reserveTagSlot(ports, brand);
    if (slot.kind === 'reserved')
      return slot.moment <= until ? slot.moment : { kind: 'later', at: slot.moment };
    if (slot.at > until || ports.stopping.aborted) return slot;
    await ports.clock.sleepUntil(slot.at, ports.stopping);
  }
}

/** What an answer tells of the permission that the request needed, or why it tells nothing. */
function permissionOf(
  ports: Ports,
  { secretName }: SavedConnection,
  answer: Asked<unknown>,
): Permission | Extract<Connected, { readonly kind: 'stop' | 'busy' | 'unreachable' }> {
  switch (answer.kind) {
    case 'forbidden':
      return 'missing';
    case 'ok':
    // The gateway looks at permissions first, so who finds fault with the question has let it pass.
    case 'refused':
    case 'absent':
    case 'conflict':
    case 'too-large':
      return 'granted';
    case 'unauthorised':
      return keyRefused(secretName);
    case 'retired':
      return versionRetired;
    case 'later':
      return { kind: 'busy', at: answer.at };
    case 'throttled':
      return { kind: 'busy', at: ports.clock.now() + (answer.retryAfterSeconds ?? 5) * 1000 };
    case 'ambiguous':
      return { kind: 'unreachable', what: 'omnisend' };
  }
}

const nothingAllowed: Unusable = {
  kind: 'stop',
  reason: {
    code: 'permission-missing',
    message: 'Omnisend lets this key neither read nor write contacts, nor read the brand.',
  },
  remedy:
    'Give the API key the permissions to read and write contacts and to read brands, and try again five minutes later.',
};

async function wentElsewhere(
  ports: Ports,
  exports: readonly ExportId[],
  now: BrandId,
): Promise<readonly { readonly export: ExportId; readonly brand: BrandId }[]> {
  const elsewhere: { readonly export: ExportId; readonly brand: BrandId }[] = [];
  for (const one of exports) {
    const brand = (await ports.store.states.get(at.state(one)))?.value.brand ?? null;
    if (brand !== null && brand !== now) elsewhere.push({ export: one, brand });
  }
  return elsewhere;
}

/** What the check means for an export: it may go to a confirmed brand, and its pause may end. Answers whether that did. */
async function note(
  ports: Ports,
  id: ExportId,
  check: { readonly brand: BrandId; readonly isConfirmed: boolean; readonly isMended: boolean },
): Promise<boolean> {
  let isResumed = false;
  await changeRow(ports.store.states, at.state(id), (stored) => {
    isResumed = false;
    if (stored === undefined) return undefined;
    const moves = stored.brand !== null && stored.brand !== check.brand;
    if (moves && !check.isConfirmed) return undefined;
    isResumed = check.isMended && stored.paused !== null;
    if (!moves && !isResumed) return undefined;
    return {
      ...stored,
      brand: moves ? check.brand : stored.brand,
      paused: isResumed ? null : stored.paused,
    };
  });
  return isResumed;
}

import type { Caller } from '../domain/access.ts';
import type { NewsEvent } from '../domain/news.ts';
import {
  type Addressee,
  letterOf,
  type NotificationDefinition,
  parseAddressee,
  testNotice,
} from '../domain/notification.ts';
import type { Revision, SavedNotifications, Touch } from '../domain/saved.ts';
import type { Ports } from '../ports/ports.ts';
import type { Row } from '../ports/rows.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';

/** The document as people see it: never the address, nor the secret. */
export interface NotificationsView {
  readonly definition: NotificationDefinition;
  readonly revision: number;
  readonly created: Touch;
  readonly updated: Touch;
  /** Every change, the newest first. */
  readonly history: readonly Revision[];
}

/** What an administrator wants. Without `url` or `secret` those that are stored stay. */
export interface WantedNotifications {
  readonly url?: string | undefined;
  readonly secret?: string | undefined;
  readonly format: NotificationDefinition['format'];
  readonly on: readonly NewsEvent[];
  readonly enabled: boolean;
}

export type VaultFault = { readonly kind: 'vault-unavailable' } | { readonly kind: 'vault-forbidden' };

/** The revision that the caller knows is not the stored one; `null`: nothing is stored. */
type Changed = { readonly kind: 'changed'; readonly revision: number | null };

export type NotificationsSaved =
  | { readonly kind: 'saved'; readonly isNew: boolean; readonly view: NotificationsView }
  | Changed
  | { readonly kind: 'precondition-required' }
  | { readonly kind: 'off' }
  /** `field` of what is wanted. */
  | { readonly kind: 'refused'; readonly field: 'url' | 'secret'; readonly reason: string }
  | VaultFault;

type Stored = Row<SavedNotifications> | undefined;

export async function getNotifications(ports: Ports): Promise<NotificationsView | undefined> {
  const stored = await ports.store.notifications.get(at.notifications);
  return stored === undefined ? undefined : viewOf(ports, stored.value);
}

async function viewOf(ports: Ports, saved: SavedNotifications): Promise<NotificationsView | undefined> {
  const { definition, revision, created, updated } = saved;
  if (definition === null) return undefined;
  const rows = await ports.store.revisions.list(at.notificationRevision(0).partition);
  const history = rows.map(({ value }) => value).reverse();
  return { definition, revision, created, updated, history };
}

/** `ifRevision`: what the caller has seen; `null`: nothing. Of two who change it at once, one is told to look again. */
export async function saveNotifications(
  ports: Ports,
  caller: Caller,
  wanted: WantedNotifications,
  ifRevision: number | null,
): Promise<NotificationsSaved> {
  const stored = await ports.store.notifications.get(at.notifications);
  const before = stored?.value;
  const conflict = conflictOf(before, ifRevision);
  if (conflict !== null) return conflict;
  const addressee = await addresseeFor(ports, before, wanted);
  if (addressee.kind !== 'ok') return addressee;
  const { host, value, isNew } = addressee;

  const secretName = isNew ? newSecretName(ports) : (before?.secretName ?? null);
  if (isNew && secretName !== null) {
    const written = await ports.secrets.create(secretName, JSON.stringify(value));
    if (written.kind !== 'ok') return vaultFault(written.kind);
  }
  const definition = { host, format: wanted.format, on: [...wanted.on], enabled: wanted.enabled };
  const isCreated = before === undefined || before.definition === null;
  const saved = await write(ports, caller, stored, { definition, secretName, isCreated });
  if (saved === undefined) {
    if (isNew && secretName !== null) await ports.secrets.remove(secretName);
    return lost(ports, before, () => saveNotifications(ports, caller, wanted, ifRevision));
  }
  const former = before?.secretName ?? null;
  const isRotated = former !== null && former !== secretName;
  const what = isCreated ? 'created' : isRotated ? 'key-rotated' : 'edited';
  await note(ports, saved.value, what, definition);
  await removeLeftAddressees(ports);
  const view = await viewOf(ports, saved.value);
  if (view === undefined) throw new Error('The notifications that were just saved are not there.');
  return { kind: 'saved', isNew: isCreated, view };
}

export type NotificationsRemoved =
  | { readonly kind: 'removed' }
  | { readonly kind: 'none' }
  | { readonly kind: 'precondition-required' }
  | Changed;

/** Nobody is told any more; what the vault has of it is removed. */
export async function removeNotifications(
  ports: Ports,
  caller: Caller,
  ifRevision: number | null,
): Promise<NotificationsRemoved> {
  const stored = await ports.store.notifications.get(at.notifications);
  const definition = stored?.value.definition ?? null;
  if (stored === undefined || definition === null) return { kind: 'none' };
  const conflict = conflictOf(stored.value, ifRevision);
  if (conflict !== null) return conflict;
  const saved = await write(ports, caller, stored, { definition: null, secretName: null, isCreated: false });
  if (saved === undefined) {
    return lost(ports, stored.value, () => removeNotifications(ports, caller, ifRevision));
  }
  await note(ports, saved.value, 'removed', definition);
  await removeLeftAddressees(ports);
  return { kind: 'removed' };
}

export type NotificationsTested =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly code: string }
  | VaultFault;

/** Sends a notice of nothing, now, whether or not notifications are enabled. */
export async function testNotifications(ports: Ports): Promise<NotificationsTested> {
  const stored = await ports.store.notifications.get(at.notifications);
  const { definition = null, secretName = null } = stored?.value ?? {};
  if (definition === null || secretName === null) return { kind: 'none' };
  const found = await loadAddressee(ports, secretName);
  if (found.kind !== 'ok') return found;
  const now = ports.clock.now();
  const letter = letterOf(testNotice(now), definition.format, found.value.secret, now);
  return ports.notifier.send(found.value.url, letter);
}

/** Removes secrets that are not the document's any more. What the vault keeps for now goes within hours. */
export async function removeLeftAddressees(ports: Ports): Promise<void> {
  const stored = (await ports.store.notifications.get(at.notifications))?.value;
  for (const name of stored?.leftSecrets ?? []) {
    const answer = await ports.secrets.remove(name);
    if (answer.kind !== 'absent') return;
    await changeRow(
      ports.store.notifications,
      at.notifications,
      (row) => row && { ...row, leftSecrets: row.leftSecrets?.filter((left) => left !== name) ?? [] },
    );
  }
}

/** Address and signing secret, as the vault has them. */
export async function loadAddressee(
  ports: Ports,
  secretName: string,
): Promise<{ readonly kind: 'ok'; readonly value: Addressee } | VaultFault> {
  const answer = await ports.secrets.get(secretName);
  if (answer.kind !== 'ok') return vaultFault(answer.kind);
  const value = parseAddressee(answer.value);
  return value === null ? { kind: 'vault-forbidden' } : { kind: 'ok', value };
}

const vaultFault = (kind: 'absent' | 'forbidden' | 'unavailable'): VaultFault =>
  kind === 'unavailable' ? { kind: 'vault-unavailable' } : { kind: 'vault-forbidden' };

const revisionOf = (saved: SavedNotifications | undefined): number | null =>
  saved === undefined || saved.definition === null ? null : saved.revision;

const changed = (saved: SavedNotifications | undefined): Changed => ({
  kind: 'changed',
  revision: revisionOf(saved),
});

const conflictOf = (
  saved: SavedNotifications | undefined,
  ifRevision: number | null,
): Changed | { readonly kind: 'precondition-required' } | null => {
  const revision = revisionOf(saved);
  if (revision === ifRevision) return null;
  return ifRevision === null ? { kind: 'precondition-required' } : changed(saved);
};

type ForAddressee =
  | { readonly kind: 'ok'; readonly host: string; readonly value: Addressee; readonly isNew: boolean }
  | Extract<NotificationsSaved, { kind: 'off' | 'refused' }>
  | VaultFault;

/** What is wanted, filled up with what is stored. */
async function addresseeFor(
  ports: Ports,
  before: SavedNotifications | undefined,
  wanted: WantedNotifications,
): Promise<ForAddressee> {
  const secretName = before?.secretName ?? null;
  const known = secretName === null ? null : await loadAddressee(ports, secretName);
  const isComplete = wanted.url !== undefined && wanted.secret !== undefined;
  if (known !== null && known.kind !== 'ok' && !isComplete) return known;
  const old = known?.kind === 'ok' ? known.value : null;
  const url = wanted.url ?? old?.url;
  if (url === undefined) return { kind: 'refused', field: 'url', reason: 'It is missing.' };
  const checked = ports.notifier.check(url);
  if (checked.kind === 'off') return checked;
  if (checked.kind === 'refused') return { kind: 'refused', field: 'url', reason: checked.reason };
  const secret = wanted.secret ?? old?.secret ?? null;
  if (wanted.format === 'webhook' && secret === null) {
    return { kind: 'refused', field: 'secret', reason: 'It is missing; a webhook is always signed.' };
  }
  const isNew = old === null || old.url !== url || old.secret !== secret;
  return { kind: 'ok', host: checked.host, value: { url, secret }, isNew };
}

/** Never used again, as the vault keeps the name of what was removed. */
const newSecretName = ({ clock }: Ports): string => {
  const chance = () => Math.floor(clock.random() * 36 ** 8).toString(36);
  return `notifications-${clock.now().toString(36)}-${chance()}${chance()}`;
};

/** Somebody else wrote the row. A clean-up of secrets is no change of the document: then it is tried again. */
async function lost<T>(
  ports: Ports,
  before: SavedNotifications | undefined,
  again: () => Promise<T>,
): Promise<T | Changed> {
  const now = (await ports.store.notifications.get(at.notifications))?.value;
  return before !== undefined && now?.revision === before.revision ? again() : changed(now);
}

/** `undefined`: somebody else changed it meanwhile. */
async function write(
  ports: Ports,
  { actor }: Caller,
  stored: Stored,
  {
    isCreated,
    ...rest
  }: Pick<SavedNotifications, 'definition' | 'secretName'> & { readonly isCreated: boolean },
): Promise<Stored> {
  const updated: Touch = { at: ports.clock.now(), by: actor };
  const created = isCreated || stored === undefined ? updated : stored.value.created;
  const former = stored?.value.secretName ?? null;
  const isLeft = former !== null && former !== rest.secretName;
  const leftSecrets = [...(stored?.value.leftSecrets ?? []), ...(isLeft ? [former] : [])];
  const value = { ...rest, leftSecrets, revision: (stored?.value.revision ?? 0) + 1, created, updated };
  const rows = ports.store.notifications;
  return stored === undefined ? rows.insert(at.notifications, value) : rows.replace(stored, value);
}

async function note(
  ports: Ports,
  { revision, updated }: SavedNotifications,
  what: Revision['what'],
  definition: NotificationDefinition,
): Promise<void> {
  const row = { ...updated, revision, what, definition };
  await ports.store.revisions.insert(at.notificationRevision(revision), row);
  ports.log.info('notifications-changed', { what, revision, actor: updated.by.id });
}

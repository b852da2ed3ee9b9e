import type { ConnectionId } from '../domain/ids.ts';
import type { SavedConnection } from '../domain/saved.ts';
import { isEnded } from '../domain/states.ts';
import type { Ports } from '../ports/ports.ts';
import type { SecretAnswer } from '../ports/secrets.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';
import { savedExports } from './list-connections.ts';

type LeftSecret = NonNullable<SavedConnection['leftSecrets']>[number];

/** The vault refuses the app, or does not answer. */
export type VaultFault = Extract<SecretAnswer, { readonly kind: 'forbidden' | 'unavailable' }>;

/** Whoever made a secret has named it in the connection by then, or will not any more. */
const longestChangeMs = 15 * 60_000;

/**
 * Removes secrets that the app made for a connection and that hold its key no longer, or never did. One with which a run
 * is under way stays. `null`: all that are `due` are gone; else why the vault keeps one.
 */
export async function removeLeftSecrets(
  ports: Ports,
  id: ConnectionId,
  isDue: (left: LeftSecret) => boolean = ({ since }) => ports.clock.now() - since > longestChangeMs,
): Promise<VaultFault | null> {
  const left = (await ports.store.connections.get(at.connection(id)))?.value.leftSecrets?.filter(isDue) ?? [];
  if (left.length === 0) return null;
  const used = await usedSecrets(ports, id);
  for (const { name } of left) {
    if (used === 'unknown' || used.has(name)) continue;
    const answer = await ports.secrets.remove(name);
    if (answer.kind === 'forbidden' || answer.kind === 'unavailable') return answer;
    await dropLeft(ports, id, name);
  }
  return null;
}

/** Hourly, for what a crash left behind. A vault that does not answer is asked again in an hour. */
export async function removeAllLeftSecrets(ports: Ports): Promise<void> {
  for (const { value } of await ports.store.connections.list('connections')) {
    await removeLeftSecrets(ports, value.definition.id);
  }
}

const dropLeft = (ports: Ports, id: ConnectionId, name: string) =>
  changeRow(ports.store.connections, at.connection(id), (stored) =>
    stored?.leftSecrets?.some((one) => one.name === name)
      ? { ...stored, leftSecrets: stored.leftSecrets.filter((one) => one.name !== name) }
      : undefined,
  );

/** `unknown`: a run that is asked for is not stored yet, and may name any secret of before. */
async function usedSecrets(ports: Ports, id: ConnectionId): Promise<ReadonlySet<string> | 'unknown'> {
  const used = new Set<string>();
  for (const { definition } of await savedExports(ports)) {
    if (definition.connection !== id) continue;
    const claim = (await ports.store.states.get(at.state(definition.id)))?.value.active;
    if (claim === undefined || claim === null) continue;
    const run = (await ports.store.runs.get(at.run(claim.runId)))?.value;
    if (run === undefined) return 'unknown';
    if (!isEnded(run.state)) used.add(run.secretName);
  }
  return used;
}

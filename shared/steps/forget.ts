import type { Forgotten } from '../domain/forgotten.ts';
import type { BrandId, ExportId, KeyHash, RunId } from '../domain/ids.ts';
import { hashKey } from '../domain/key.ts';
import type { Run } from '../domain/run.ts';
import { isEnded } from '../domain/states.ts';
import type { Ports } from '../ports/ports.ts';
import type { SecretAnswer } from '../ports/secrets.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';
import { addErased, type Erased, erase, nothingErased } from './erase.ts';
import { hashSecretName } from './load.ts';
import { forgottenSecretName } from './load-forgotten.ts';

/** The vault cannot be used now, or not before a person acts. */
export type VaultFault = { readonly kind: 'unavailable' } | { readonly kind: 'forbidden' };

export type Forgetting =
  | {
      readonly kind: 'forgotten';
      readonly erased: Erased;
      /** Active runs: what they still hold is never sent, and is erased once they have ended. */
      readonly active: readonly RunId[];
      /** Brands to which exports went: what Omnisend has, it keeps. */
      readonly brands: readonly { readonly export: ExportId; readonly brand: BrandId }[];
    }
  | VaultFault;

/** A step that was at work when its run ended, and has not noticed yet, may write for as long as a function may run. */
const longestStepMs = 10 * 60_000;

/**
 * Never exports this address (normalised) again, by any export, until it is lifted, and erases what is stored of it.
 * Repeating it is harmless, and finishes what was cut off.
 */
export async function forget(ports: Ports, email: string): Promise<Forgetting> {
  const secret = await ports.secrets.create(forgottenSecretName, ports.newSecret());
  if (secret.kind !== 'ok') return faultOf(secret);
  const address = at.forgotten(hashKey(secret.value, email));
  // First of all, so that what is read from here on does not bring the address back.
  await changeRow(ports.store.forgotten, address, (stored) =>
    stored === undefined ? { forgottenAt: ports.clock.now(), keys: {}, again: [] } : undefined,
  );
  const saved = (await ports.store.exports.list('exports')).map(({ value }) => value);
  const exports = saved.map(({ definition }) => definition.id);
  const keys: Record<string, KeyHash> = {};
  for (const one of saved) {
    // Made at an export's first start, so whoever began to read before the row above was written has one.
    const ofExport = await ports.secrets.get(hashSecretName(one));
    if (ofExport.kind === 'absent') continue;
    if (ofExport.kind !== 'ok') return faultOf(ofExport);
    keys[one.definition.id] = hashKey(ofExport.value, email);
  }
  await changeForgotten(ports, address.key, (stored) => ({ ...stored, keys: { ...stored.keys, ...keys } }));
  const writing: Run[] = [];
  for (const id of exports) {
    if (keys[id] === undefined) continue;
    const runs = await ports.store.runs.list(id);
    writing.push(...runs.map(({ value }) => value).filter((run) => !isOver(ports, run)));
  }
  const active = writing.filter(({ state }) => !isEnded(state)).map(({ id }) => id);
  await changeForgotten(ports, address.key, (stored) => ({
    ...stored,
    again: writing.map(({ id, endedAt }) => ({
      run: id,
      notBefore: endedAt === null ? 0 : endedAt + longestStepMs,
    })),
  }));
  ports.log.info('address-forgotten', { key: address.key, active: active.length });
  const erased = await eraseAll(ports, address.key, keys);
  const states = await ports.store.states.list('exports');
  const brands = states.flatMap(({ key, value: { brand } }) => {
    const id = exports.find((one) => one === key);
    return brand === null || id === undefined ? [] : [{ export: id, brand }];
  });
  return { kind: 'forgotten', erased, active, brands };
}

export type Lifting = { readonly kind: 'lifted' } | { readonly kind: 'not-forgotten' } | VaultFault;

/** From now on the address is read again. */
export async function liftForgetting(ports: Ports, email: string): Promise<Lifting> {
  const secret = await ports.secrets.get(forgottenSecretName);
  if (secret.kind === 'absent') return { kind: 'not-forgotten' };
  if (secret.kind !== 'ok') return faultOf(secret);
  const address = at.forgotten(hashKey(secret.value, email));
  if ((await ports.store.forgotten.get(address)) === undefined) return { kind: 'not-forgotten' };
  await ports.store.forgotten.remove(address);
  ports.log.info('forgetting-lifted', { key: address.key });
  return { kind: 'lifted' };
}

/** Erases what runs wrote that were active when an address was forgotten: at their end, and once no step writes late. */
export async function forgetAgain(ports: Ports): Promise<void> {
  for (const { key, value } of await ports.store.forgotten.list('forgotten')) {
    const due: RunId[] = [];
    const over: RunId[] = [];
    for (const { run: id, notBefore } of value.again) {
      const run = (await ports.store.runs.get(at.run(id)))?.value;
      if ((run !== undefined && !isEnded(run.state)) || ports.clock.now() < notBefore) continue;
      due.push(id);
      if (run === undefined || isOver(ports, run)) over.push(id);
    }
    if (due.length === 0) continue;
    await eraseAll(ports, key, value.keys);
    const notBefore = ports.clock.now() + longestStepMs;
    await changeForgotten(ports, key, (stored) => ({
      ...stored,
      again: stored.again
        .filter(({ run }) => !over.includes(run))
        .map((entry) => (due.includes(entry.run) ? { ...entry, notBefore } : entry)),
    }));
  }
}

/** Nothing of the run writes any more. */
const isOver = (ports: Ports, run: Run): boolean =>
  run.endedAt !== null && ports.clock.now() - run.endedAt >= longestStepMs;

async function eraseAll(ports: Ports, key: string, keys: Forgotten['keys']): Promise<Erased> {
  let erased = nothingErased;
  for (const { value } of await ports.store.exports.list('exports')) {
    const { id } = value.definition;
    const ofExport = keys[id];
    if (ofExport !== undefined) erased = addErased(erased, await erase(ports, id, ofExport));
  }
  ports.log.info('address-erased', { key, ...erased });
  return erased;
}

/** A row that was lifted meanwhile stays away. */
const changeForgotten = (ports: Ports, key: string, change: (stored: Forgotten) => Forgotten) =>
  changeRow(ports.store.forgotten, { partition: 'forgotten', key }, (stored) =>
    stored === undefined ? undefined : change(stored),
  );

const faultOf = (answer: Exclude<SecretAnswer, { kind: 'ok' }>): VaultFault =>
  answer.kind === 'unavailable' ? { kind: 'unavailable' } : { kind: 'forbidden' };

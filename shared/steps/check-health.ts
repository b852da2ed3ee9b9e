import type { Caller } from '../domain/access.ts';
import type { ConnectionId } from '../domain/ids.ts';
import type { SavedConnection } from '../domain/saved.ts';
import type { Ports } from '../ports/ports.ts';
import { at, paths } from './addresses.ts';
import { askSoon } from './ask.ts';
import { findBrand } from './find-brand.ts';

/** One thing outside that the app cannot do without, as it was just found. */
export interface HealthCheck {
  readonly name: 'storage' | 'vault' | 'source' | 'omnisend';
  /** Of `omnisend`: whose key was tried; `null`: there is no connection, it cannot be read, or who asks may not know it. */
  readonly connection: ConnectionId | null;
  /** `skipped`: it could not be looked at, which is no fault of its own. */
  readonly verdict: 'ok' | 'failed' | 'skipped';
  readonly milliseconds: number;
  /** What was found, in words for a person: no secret, and no value of any customer. */
  readonly message: string;
  /** What to do; empty where it is in order. */
  readonly remedy: string;
}

export interface Health {
  /** Nothing failed. */
  readonly ok: boolean;
  /** Ms since 1970. */
  readonly checkedAt: number;
  readonly checks: readonly HealthCheck[];
}

type Finding = Pick<HealthCheck, 'verdict' | 'message' | 'remedy'>;

const rememberedMs = 60_000;
/** Longer than any of them takes that works. */
const patienceMs = 20_000;
const slotWithinMs = 5_000;
/** Nobody makes a secret of this name: that the vault says so is what is asked of it. */
const noSecretName = 'health-check';

/**
 * `checkHealth` for many who ask: it is made once a minute at most, and whoever asks meanwhile gets what it finds. So
 * asking costs neither the brand's budget nor the vault anything to speak of.
 */
export const rememberedHealth = (ports: Ports): (() => Promise<Health>) => {
  let latest: { readonly health: Promise<Health>; readonly until: number } | undefined;
  return () => {
    const now = ports.clock.now();
    if (latest === undefined || now >= latest.until) {
      latest = { health: checkHealth(ports), until: now + rememberedMs };
    }
    return latest.health;
  };
};

/** As this caller may see it: which connections there are, and where their keys lie, is for administrators. */
export const healthFor = ({ role }: Caller, health: Health): Health => ({
  ...health,
  checks: role === 'administrator' ? health.checks : health.checks.map(unnamed),
});

const unnamed = (check: HealthCheck): HealthCheck => {
  if (check.connection === null) return check;
  const veiled = { ...check, connection: null };
  return check.verdict === 'ok'
    ? veiled
    : {
        ...veiled,
        message: 'A connection cannot be used, or was not looked at.',
        remedy: 'Ask an administrator, who is told which one, and why.',
      };
};

/** Does with storage, vault, source and Omnisend what a run does with them, and leaves nothing behind. */
async function checkHealth(ports: Ports): Promise<Health> {
  const checkedAt = ports.clock.now();
  const parts = await Promise.all([
    timed(ports, { name: 'storage', connection: null }, () => lookAtStorage(ports)),
    timed(ports, { name: 'vault', connection: null }, () => lookAtVault(ports)),
    timed(ports, { name: 'source', connection: null }, () => lookAtSource(ports)),
    lookAtConnections(ports),
  ]);
  const checks = parts.flat();
  const failed = checks.filter(({ verdict }) => verdict === 'failed');
  const ok = failed.length === 0;
  ports.log.info('health-checked', { ok, failed: failed.map(({ name }) => name).join(',') });
  return { ok, checkedAt, checks };
}

/** What throws, or takes too long, has failed. */
async function timed(
  ports: Ports,
  of: Pick<HealthCheck, 'name' | 'connection'>,
  look: () => Promise<Finding>,
): Promise<HealthCheck> {
  const from = ports.clock.now();
  const done = new AbortController();
  const tooLate = ports.clock
    .sleepUntil(from + patienceMs, done.signal)
    .then((): Finding => failed(`There was no answer within ${patienceMs / 1000} s.`, askAgain));
  try {
    const finding = await Promise.race([look(), tooLate]);
    return { ...of, ...finding, milliseconds: ports.clock.now() - from };
  } catch (error) {
    const finding = failed(`It failed: ${codeOf(error)}.`, askAgain);
    return { ...of, ...finding, milliseconds: ports.clock.now() - from };
  } finally {
    done.abort();
  }
}

const good = (message: string): Finding => ({ verdict: 'ok', message, remedy: '' });
const failed = (message: string, remedy: string): Finding => ({ verdict: 'failed', message, remedy });
const skipped = (message: string, remedy: string): Finding => ({ verdict: 'skipped', message, remedy });
const askAgain = 'Ask again in a minute; where it lasts, look for the error in the log.';

/** The service's own word for what went wrong. Its sentences may quote what was sent. */
const codeOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Za-z_]{1,60}$/.test(code) ? code : 'no code';
};

async function lookAtStorage(ports: Ports): Promise<Finding> {
  const looks = {
    tables: ports.store.schedule.get(at.refresh),
    blobs: writeAndRemove(ports),
    queues: ports.queue.probe(),
  };
  const results = await Promise.allSettled(Object.values(looks));
  const faults = Object.keys(looks).flatMap((what, index) => {
    const result = results[index];
    return result?.status === 'rejected' ? [`${what}: ${codeOf(result.reason)}`] : [];
  });
  return faults.length === 0
    ? good('A row was read, a blob and a message were written and removed.')
    : failed(
        `The storage account cannot be used (${faults.join(', ')}).`,
        "Give the app's identity the roles Storage Blob Data Owner, Storage Queue Data Contributor and Storage Table Data Contributor on its storage account, and let its network in.",
      );
}

async function writeAndRemove({ blobs, newSecret }: Ports): Promise<void> {
  // A name of its own: another process may be at the same.
  const path = paths.probe(newSecret());
  const bytes = new Uint8Array([1]);
  try {
    await blobs.put(path, bytes);
    if ((await blobs.get(path))?.[0] !== bytes[0]) throw new Error('A blob is not as it was written.');
  } finally {
    await blobs.removeAll(path);
  }
}

async function lookAtVault({ secrets }: Ports): Promise<Finding> {
  const answer = await secrets.get(noSecretName, { fresh: true });
  switch (answer.kind) {
    case 'ok':
    case 'absent':
      return good('Key Vault lets the app read secrets.');
    case 'forbidden':
      return failed(
        'Key Vault refuses the app.',
        'Give the app the role Key Vault Secrets Officer on its vault.',
      );
    case 'unavailable':
      return failed(
        'Key Vault gave no usable answer.',
        "Look whether KEY_VAULT_URL names the vault, and whether the vault's network lets the app in.",
      );
  }
}

async function lookAtSource({ source }: Ports): Promise<Finding> {
  const faults = (await source.check()).filter(({ ok }) => !ok);
  const all = (texts: readonly string[]): string => [...new Set(texts)].join(' ');
  return faults.length === 0
    ? good('The source gave a token and a row of each table.')
    : failed(all(faults.map(({ message }) => message)), all(faults.map(({ remedy }) => remedy)));
}

async function lookAtConnections(ports: Ports): Promise<readonly HealthCheck[]> {
  const none = (message: string, remedy: string): readonly HealthCheck[] => [
    { name: 'omnisend', connection: null, milliseconds: 0, ...skipped(message, remedy) },
  ];
  const rows = await ports.store.connections.list('connections').catch(() => null);
  if (rows === null) return none('The connections cannot be read from storage.', 'Mend storage first.');
  if (rows.length === 0) return none('There is no connection yet.', 'Make one.');
  return Promise.all(
    rows.map(({ value }) =>
      timed(ports, { name: 'omnisend', connection: value.definition.id }, () => lookAtOmnisend(ports, value)),
    ),
  );
}

async function lookAtOmnisend(ports: Ports, { secretName }: SavedConnection): Promise<Finding> {
  const found = await findBrand(ports, secretName, {
    fresh: true,
    asking: (...asked) => askSoon(...asked, { withinMs: slotWithinMs }),
  });
  switch (found.kind) {
    case 'ok':
      return good('Omnisend knows the key.');
    case 'stop':
      return failed(found.reason.message, found.remedy);
    case 'later':
      return skipped(
        'The brand has no request to spare within seconds: runs use its budget, or it is frozen.',
        'Ask again in a minute.',
      );
    case 'unreachable':
      return found.what === 'vault'
        ? skipped('The key cannot be had from Key Vault.', 'Mend the vault first.')
        : failed('Omnisend gave no usable answer.', askAgain);
  }
}

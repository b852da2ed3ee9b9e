import { afterAll, beforeAll } from 'vitest';
import { keyVaultSecrets } from '../../shared/adapters/key-vault/secrets.ts';
import { virtualClock } from '../memory/clock.ts';
import { memorySecrets } from '../memory/secrets.ts';
import { startKeyVault } from '../sandbox/key-vault/key-vault.ts';
import { describeSecrets } from './secrets.contract.ts';

let vault: Awaited<ReturnType<typeof startKeyVault>>;
beforeAll(async () => {
  vault = await startKeyVault();
});
afterAll(() => vault?.close());

const control = async (path: string, body: object): Promise<void> => {
  const response = await fetch(`${vault.url}/control${path}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`The sandbox's vault answered ${response.status}.`);
};

describeSecrets('Azure Key Vault', async () => {
  const clock = virtualClock();
  const credential = { getToken: async () => ({ token: 'any', expiresOnTimestamp: Date.UTC(2100, 0) }) };
  return {
    secrets: keyVaultSecrets({ vaultUrl: vault.url, credential, clock, sandbox: true }),
    clock,
    rotate: (name, value, tags) => control('/secrets', { name, value, ...(tags && { tags }) }),
    forbid: (forbidden) => control('', { forbidden }),
    silence: (silent) => control('', { failNext: { count: silent ? 100 : 0, status: 503 } }),
  };
});

describeSecrets('memory', async () => {
  const clock = virtualClock();
  const secrets = memorySecrets({ clock });
  return {
    secrets,
    clock,
    rotate: async (name, value, tags) => secrets.rotate(name, value, tags),
    forbid: async (forbidden) => secrets.forbid(forbidden),
    silence: async (silent) => secrets.silence(silent),
  };
});

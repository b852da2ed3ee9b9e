import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../azurite/azurite.ts';
import { eventually, readSeen } from './fixtures/start.ts';
import { startHost } from './host.ts';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite?.close());

const root = fileURLToPath(new URL('./fixtures/', import.meta.url));

test('a host inside this process loads the app, and a second one after it loads it anew', async () => {
  for (const round of [1, 2]) {
    const host = await startHost({
      entry: `${root}app.ts`,
      root,
      settings: { AzureWebJobsStorage: azurite.connectionString, WORK_QUEUE: `work-${round}` },
      httpPort: 0,
      log: () => undefined,
    });
    try {
      expect(host.functions).toContainEqual({ kind: 'queue', name: 'work' });
      expect(host.functions).toContainEqual({ kind: 'timer', name: 'yearly' });
      expect(host.functions.find(({ name }) => name === 'badcron')).toMatchObject({ kind: 'disabled' });
      const started = await eventually(async () => {
        const { hooks, seen } = await readSeen(host);
        return seen.filter(({ functionName }) => functionName === 'startup').length === round
          ? hooks
          : undefined;
      });
      // The records module is shared by both loads, so the second start adds to the first.
      expect(started).toEqual(Array.from({ length: round }, () => 'appStart'));
    } finally {
      await host.stop();
    }
    await expect(fetch(`${host.url}/api/seen`)).rejects.toThrow();
  }
});

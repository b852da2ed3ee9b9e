import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../azurite/azurite.ts';
import { createClock } from './clock.ts';
import { startTimerLease } from './timer-lease.ts';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite?.close());

const leaseOf = (functionName: string) =>
  startTimerLease({
    blobs: BlobServiceClient.fromConnectionString(azurite.connectionString),
    hostId: 'host',
    functionName,
    // A minute between two looks passes in a moment.
    clock: createClock(1_000, Date.now),
    writeLog: () => undefined,
  });

test('one of two hosts holds the lease of a timer, and the other has it after it was given back', async () => {
  const never = new AbortController().signal;
  const both = [leaseOf('timer'), leaseOf('timer')] as const;
  await Promise.race(both.map((lease) => lease.whenHeld(never)));
  const [holder, other] = both[0].isHeld() ? both : ([both[1], both[0]] as const);
  expect([holder.isHeld(), other.isHeld()]).toEqual([true, false]);
  await holder.stop();
  await other.whenHeld(never);
  expect([holder.isHeld(), other.isHeld()]).toEqual([false, true]);
  await other.stop();
});

test('every timer has a lease of its own, and whoever waits for one can stop waiting', async () => {
  const never = new AbortController().signal;
  const [one, two] = [leaseOf('one'), leaseOf('two')];
  await Promise.all([one.whenHeld(never), two.whenHeld(never)]);
  const late = leaseOf('one');
  await late.whenHeld(AbortSignal.timeout(300));
  expect([one.isHeld(), two.isHeld(), late.isHeld()]).toEqual([true, true, false]);
  await Promise.all([one, two, late].map((lease) => lease.stop()));
});

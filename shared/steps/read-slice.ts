import type { Membership } from '../domain/contact.ts';
import { type CustomerId, exportOf } from '../domain/ids.ts';
import { joinLines, parseLines } from '../domain/keyed-blob.ts';
import { sumReads } from '../domain/read-tally.ts';
import type { Run } from '../domain/run.ts';
import { maxAttempts, type Slice } from '../domain/slice.ts';
import { idleTurn, nextTurn, type Turn } from '../domain/turn.ts';
import type { MessageOf } from '../messages.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import type { SourceFault } from '../ports/source.ts';
import { at, paths } from './addresses.ts';
import { admitReaders } from './admit-readers.ts';
import { describeFaults, failRun } from './end-run.ts';
import { finishReading } from './finish-reading.ts';
import { type Held, inTurn } from './in-turn.ts';
import { loadHashSecret, loadRun, questionOf } from './load.ts';
import { loadForgotten } from './load-forgotten.ts';
import { sliceMessage } from './outgoing.ts';
import { SliceSpooler } from './slice-spooler.ts';

/** Longest work of one message; a longer chain of pages goes on in the next. */
const stepSeconds = 240;
const vaultPauseMs = 30_000;

/** Reads a slice page by page: joined, matched, validated and spooled. */
export async function readSlice(
  ports: Ports,
  message: MessageOf<'read-slice'>,
): Promise<readonly Outgoing[]> {
  const address = at.slice(message.run, message.slice);
  return inTurn(ports, ports.store.slices, address, 'read-slice', message, async (held) => {
    const { value: run } = await loadRun(ports, message.run);
    if (run.state !== 'reading') {
      await held.end(idleTurn(held.turn, ports.clock.now()));
      return admitReaders(ports, { leaving: { runId: run.id, slice: message.slice } });
    }
    return readPages(ports, run, held);
  });
}

async function readPages(ports: Ports, run: Run, held: Held<Slice>): Promise<readonly Outgoing[]> {
  const slice = held.value;
  const endAt = ports.clock.now() + stepSeconds * 1000;
  const members = await loadMembers(ports, slice);
  const secret = await loadHashSecret(ports, exportOf(run.id));
  const isForgotten = await loadForgotten(ports);
  if (secret === null || isForgotten === null) return waitForVault(ports, held);
  const spooler = new SliceSpooler(ports, run, slice, held.turn, { secret, isForgotten });
  const question = questionOf(run);
  let cursor = slice.cursor;
  let faults = 0;
  let advised: number | undefined;

  for (;;) {
    const answer = await ports.source.read(question, slice, cursor);
    const now = ports.clock.now();
    if (answer.kind !== 'ok') {
      ports.log.warn('source-faulted', { run: run.id, slice: slice.number, kind: answer.kind });
      faults += 1;
      const retryAt = retryMoment(answer, now, faults);
      if (retryAt === null) return endBadly(ports, run, held, answer);
      if (retryAt < endAt && !ports.stopping.aborted) {
        await ports.clock.sleepUntil(retryAt, ports.stopping);
        if (!ports.stopping.aborted) continue;
      }
      return goOn(ports, held, members, spooler, cursor, retryAt);
    }
    faults = 0;
    advised = answer.value.parallel ?? advised;
    addMembers(members, answer.value.memberships);
    spooler.addUnreadable(answer.value.oddMemberships);
    for (const profile of answer.value.profiles) {
      const segments = members.get(profile.customerId);
      // Not of these segments, or a row that the source gave twice.
      if (segments === undefined) continue;
      members.delete(profile.customerId);
      spooler.add(profile, segments);
    }
    await spooler.flushFull();
    cursor = answer.value.next;
    if (cursor === null) return endWell(ports, run, held, members, spooler, advised);
    if (now >= endAt || ports.stopping.aborted) return goOn(ports, held, members, spooler, cursor, now);
  }
}

async function endWell(
  ports: Ports,
  run: Run,
  held: Held<Slice>,
  members: Members,
  spooler: SliceSpooler,
  advised: number | undefined,
): Promise<readonly Outgoing[]> {
  for (const [id, segments] of members) spooler.addAbsent(id, segments);
  const spooled = await spooler.close();
  const now = ports.clock.now();
  await held.end(idleTurn(held.turn, now), (slice) => ({
    ...spooled(slice),
    state: 'read',
    cursor: null,
    progressAt: now,
  }));
  const { tally, number } = held.value;
  ports.log.info('slice-read', { run: run.id, slice: number, read: tally.read, invalid: tally.invalid });
  const admitted = await admitReaders(ports, { leaving: { runId: run.id, slice: number }, advised });
  return [...admitted, ...(await finishReading(ports, run.id))];
}

async function waitForVault(ports: Ports, held: Held<Slice>): Promise<readonly Outgoing[]> {
  const now = ports.clock.now();
  const turn = nextTurn(held.turn, 'read-slice', now, now + vaultPauseMs);
  await held.end(turn);
  return [sliceMessage(held.value.runId, held.value.number, turn, now)];
}

/** Stores what is read so far and where to go on; the next message of the slice does. */
async function goOn(
  ports: Ports,
  held: Held<Slice>,
  members: Members,
  spooler: SliceSpooler,
  cursor: string | null,
  notBefore: number,
): Promise<readonly Outgoing[]> {
  const now = ports.clock.now();
  const turn = nextTurn(held.turn, 'read-slice', now, notBefore);
  const spooled = await spooler.close();
  const path = membersPath(held.value, held.turn);
  await ports.blobs.put(path, joinLines([...members]));
  await held.end(turn, (slice) => ({
    ...spooled(slice),
    cursor,
    members: path,
    progressAt: cursor === slice.cursor ? slice.progressAt : now,
  }));
  return [sliceMessage(held.value.runId, held.value.number, turn, now)];
}

async function endBadly(
  ports: Ports,
  run: Run,
  held: Held<Slice>,
  fault: SourceFault,
): Promise<readonly Outgoing[]> {
  const now = ports.clock.now();
  if (fault.kind === 'link-dead' && held.value.attempt < maxAttempts) {
    const turn = nextTurn(held.turn, 'read-slice', now);
    await held.end(turn, (slice) => ({
      ...slice,
      attempt: slice.attempt + 1,
      cursor: null,
      members: null,
      spool: [],
      invalid: [],
      leftOut: [],
      tally: sumReads([]),
    }));
    return [sliceMessage(run.id, held.value.number, turn, now)];
  }
  const reason =
    fault.kind === 'configuration'
      ? { code: 'source-misconfigured', message: describeFaults(fault.faults) }
      : {
          code: 'source-link-dead',
          message: `The link through slice ${held.value.label} died ${maxAttempts} times.`,
        };
  // The run first: a slice at rest is nobody's business, so a crash in between would leave the run without its reason.
  const failed = await failRun(ports, run.id, reason);
  await held.end(idleTurn(held.turn, ports.clock.now()));
  return [
    ...failed,
    ...(await admitReaders(ports, { leaving: { runId: run.id, slice: held.value.number } })),
  ];
}

const longestPauseSeconds = 60;

/** `faults`: how many came in a row. Most are over in a second; what is not over must not meet a storm of requests. */
const retryMoment = (fault: SourceFault, now: number, faults: number): number | null => {
  switch (fault.kind) {
    case 'throttled':
      return now + fault.retryAfterSeconds * 1000;
    case 'transient':
      return now + Math.min(longestPauseSeconds, 2 ** (faults - 1)) * 1000;
    case 'link-dead':
    case 'configuration':
      return null;
  }
};

/** Customers of the slice whose profile has not come yet, with their segments. */
type Members = Map<CustomerId, readonly number[]>;

const addMembers = (members: Members, memberships: readonly Membership[]): void => {
  for (const { customerId, segments } of memberships) {
    const known = members.get(customerId);
    if (known === undefined) members.set(customerId, segments);
    else
      members.set(
        customerId,
        [...new Set([...known, ...segments])].sort((a, b) => a - b),
      );
  }
};

/** Names the try: a superseded holder of the turn cannot overwrite what its successor left over. */
const membersPath = (slice: Slice, { epoch, sequence }: Turn): string =>
  paths.spool(slice.runId, slice.number, `members-${slice.attempt}-${epoch}-${sequence}`);

/** What the message before this one left over, as the slice's row names it. */
async function loadMembers(ports: Ports, slice: Slice): Promise<Members> {
  if (slice.cursor === null) return new Map();
  const bytes = slice.members === null ? undefined : await ports.blobs.get(slice.members);
  if (bytes === undefined)
    throw new Error(`The members of slice ${slice.number} of ${slice.runId} are not stored.`);
  return new Map(parseLines<[CustomerId, readonly number[]]>(bytes));
}

import type { ExportDefinition } from '../../shared/domain/definition.ts';
import { exportOf, type RunId } from '../../shared/domain/ids.ts';
import { headerBytes, parseLines } from '../../shared/domain/keyed-blob.ts';
import { markerNames } from '../../shared/domain/markers.ts';
import type { SnapshotRecord } from '../../shared/domain/plan.ts';
import type { Run } from '../../shared/domain/run.ts';
import { conserves } from '../../shared/domain/run-tally.ts';
import { isEnded } from '../../shared/domain/states.ts';
import { at as addressOf, paths } from '../../shared/steps/addresses.ts';
import { brandA, type World } from '../flow/world.ts';
import type { Day } from './crowd.ts';

/** What must hold once the weather is over and each export had a last run that nothing disturbed. */
export interface Ending {
  readonly world: World;
  readonly exports: readonly ExportDefinition[];
  readonly lastDay: Day;
  readonly isRefused: (email: string) => boolean;
  /** Runs that lost their export to a newer one, and when. */
  readonly superseded: ReadonlyMap<RunId, number>;
}

/** Law 1: every row that was read has one outcome, and every customer was read. */
const conservation = ({ world, exports, lastDay }: Ending): readonly string[] => {
  const lost = [...world.runs.values()]
    .filter(({ tally }) => tally !== null && !conserves(tally))
    .map(({ id, tally }) => `law 1: ${id} does not add up: ${JSON.stringify(tally)}`);
  const unread = exports.flatMap((definition) => {
    const last = [...world.runs.values()].findLast(({ id }) => exportOf(id) === definition.id);
    const wanted = lastDay.customers(definition);
    return last?.tally?.read === wanted
      ? []
      : [`law 1: ${last?.id} read ${last?.tally?.read} of ${wanted} customers`];
  });
  return [...lost, ...unread];
};

const repeated = (names: readonly string[]): readonly string[] => {
  const seen = new Set<string>();
  return names.filter((name) => seen.size === seen.add(name).size);
};

const runOf = (origin: string): string => origin.slice(0, origin.indexOf('/'));

/** Law 4: no name of a chain is taken twice, no batch is posted twice, no row of a run takes effect twice. */
const replay = ({ world }: Ending): readonly string[] => {
  const effective = world.destination.posts.filter(({ id }) => id !== undefined).map(({ origin }) => origin);
  const accepted = world.destination
    .applied(brandA)
    .filter(({ kind }) => kind === 'accepted')
    .map(({ origin, email }) => `${runOf(origin)} ${email}`);
  return [
    ...world.chains.doubled.map((name) => `law 4: ${name} was taken twice`),
    ...repeated(effective).map((origin) => `law 4: ${origin} was posted twice`),
    ...repeated(accepted).map((row) => `law 4: ${row} took effect twice`),
  ];
};

/** Law 5: the last snapshot has a fingerprint for each member that was accepted, and for nobody else. */
const snapshots = async ({ world, exports, lastDay, isRefused }: Ending): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const { id } of exports) {
    const manifest = (await world.ports.store.snapshots.get(addressOf.snapshot(id, brandA)))?.value;
    const known: string[] = [];
    for (let shard = 0; shard < (manifest?.shards ?? 0); shard += 1) {
      const bytes =
        manifest && (await world.ports.blobs.get(paths.snapshot(id, brandA, manifest.current, shard)));
      if (!bytes) found.push(`law 5: shard ${shard} of the snapshot of ${id} is missing`);
      else known.push(...parseLines<SnapshotRecord>(bytes.subarray(headerBytes)).flatMap(withFingerprint));
    }
    const definition = exports.find((one) => one.id === id);
    const members = definition === undefined ? [] : [...lastDay.members(definition).keys()];
    const wanted = members.filter((email) => !isRefused(email));
    const missing = wanted.filter((email) => !known.includes(email));
    const spare = known.filter((email) => !wanted.includes(email));
    if (missing.length + spare.length > 0)
      found.push(`law 5: the snapshot of ${id} lacks ${missing.join(' ')}, has ${spare.join(' ')}`);
  }
  return found;
};

const withFingerprint = ({ email, fingerprint }: SnapshotRecord): readonly string[] =>
  fingerprint === undefined ? [] : [email];

/** Law 8: of one export, no row of an older run takes effect after one of a newer run. */
const newestWins = ({ world }: Ending): readonly string[] => {
  const newest = new Map<string, Run>();
  const found: string[] = [];
  for (const { origin, email, kind } of world.destination.applied(brandA)) {
    if (kind !== 'accepted') continue;
    const run = [...world.runs.values()].find(({ id }) => id === runOf(origin));
    if (run === undefined) continue;
    const row = `${exportOf(run.id)} ${email}`;
    const latest = newest.get(row);
    if (latest !== undefined && latest.requestedAt > run.requestedAt)
      found.push(`law 8: ${email} as of ${run.id} took effect after ${latest.id}`);
    else newest.set(row, run);
  }
  return found;
};

/** A post that left before its run was superseded is here by then. */
const onItsWayMs = 2_000;

/** Law 8: a superseded run posts nothing. */
const fenced = ({ world: { destination }, superseded }: Ending): readonly string[] =>
  [...superseded].flatMap(([run, at]) =>
    destination.posts
      .filter((post) => runOf(post.origin) === run && post.at > at + onItsWayMs)
      .map(({ origin }) => `law 8: ${origin} was posted after its run was superseded`),
  );

/** Laws 5 and 8 as Omnisend sees them: it holds the members as they are, and takes nobody else for one. */
const contents = ({ world, exports, lastDay, isRefused }: Ending): readonly string[] => {
  const found: string[] = [];
  const held = world.destination.contacts(brandA);
  for (const definition of exports) {
    const members = lastDay.members(definition);
    const [marker = ''] = markerNames(definition);
    const ours = Object.keys(definition.customProperties)[0];
    for (const [email, { value }] of members) {
      if (isRefused(email)) continue;
      const contact = held.get(email);
      const is = ours === undefined ? contact?.fields.firstName : contact?.properties[ours];
      if (is !== value) found.push(`laws 5, 8: ${definition.id} ${email} is ${is}, not ${value}`);
      if (contact?.properties[marker] !== true) found.push(`law 5: ${email} is without ${marker}`);
    }
    for (const [email, { properties }] of held) {
      if (!members.has(email) && properties[marker] === true)
        found.push(`law 5: ${email} still has ${marker}`);
    }
  }
  return found;
};

/** Law 10: no minute has more arrivals than the budget. */
const budget = ({ world: { destination, requestsPerMinute } }: Ending): readonly string[] => {
  const most = destination.mostInAnyMinute(brandA);
  return most <= requestsPerMinute ? [] : [`law 10: ${most} requests in a minute of ${requestsPerMinute}`];
};

/** Law 12: every run has ended and says why, and no chain goes on. */
const ends = ({ world }: Ending): readonly string[] => {
  const runs = [...world.runs.values()];
  return [
    ...runs.filter(({ state }) => !isEnded(state)).map(({ id, state }) => `law 12: ${id} is ${state}`),
    ...runs
      .filter(({ state, reason }) => isEnded(state) && state !== 'succeeded' && reason === null)
      .map(({ id, state }) => `law 12: ${id} is ${state}, and does not say why`),
    ...world.queue
      .waiting()
      .map(({ message }) => `law 12: a message still waits: ${JSON.stringify(message)}`),
  ];
};

/** Faults of ports; and who stood still while it committed, to whom the snapshot's row says that others have since. */
const expected = [/^[a-z]+\.[\w.]+ failed$/, /was planned against another snapshot than the current one/];

/** Any other error is a bug. */
const surprises = ({ world: { errors } }: Ending): readonly string[] =>
  errors
    .map((error) => (error instanceof Error ? error.message : String(error)))
    .filter((message) => !expected.some((pattern) => pattern.test(message)))
    .map((message) => `unexpected error: ${message}`);

export const findingsOf = async (ending: Ending): Promise<readonly string[]> => [
  ...conservation(ending),
  ...replay(ending),
  ...(await snapshots(ending)),
  ...newestWins(ending),
  ...fenced(ending),
  ...contents(ending),
  ...budget(ending),
  ...ends(ending),
  ...surprises(ending),
];

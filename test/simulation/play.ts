import type { ExportId, RunId } from '../../shared/domain/ids.ts';
import type { Claim, Run } from '../../shared/domain/run.ts';
import { runForKey } from '../../shared/domain/run-ids.ts';
import { isEnded } from '../../shared/domain/states.ts';
import { at as addressOf } from '../../shared/steps/addresses.ts';
import { cancelRun } from '../../shared/steps/cancel-run.ts';
import { changeRow } from '../../shared/steps/change-row.ts';
import type { Variation } from '../flow/delivery.ts';
import { type CallCounts, counting, everything, type FaultPlan } from '../flow/faults.ts';
import { flowWorld, hour, minute, type World } from '../flow/world.ts';
import { createDraw } from '../sandbox/omnisend/chance.ts';
import { crowdOf, newsletter, vip } from './crowd.ts';
import { findingsOf } from './findings.ts';
import { calm, destinationIn, isRefused, type Weather, weatherOf } from './weather.ts';

const exports = [newsletter, vip];
/** Every customer id begins with one of these: two slices. */
const prefixes = ['a', 'b'];
const tickMs = 15_000;
const quietMs = 4 * minute;
const quietJumpMs = 20 * minute;
/** The most virtual time for a run of each export: one may have to wait for the other's, and each for four hours. */
const longest = 16 * hour;

export interface Played {
  readonly seed: number;
  readonly weather: Weather;
  /** What did not hold, in a sentence each. */
  readonly findings: readonly string[];
  readonly runs: readonly string[];
  readonly lostProcesses: number;
  readonly posts: number;
  readonly virtualHours: number;
  /** Calls of ports. */
  readonly calls: number;
}

export interface PlayOptions {
  readonly weather?: Weather;
  /** A protection is taken away. */
  readonly variation?: Variation;
  /** A person cancels a run that is sending or settling. */
  readonly cancels?: boolean;
  /** While its first run sends, a newer one takes its export from it, as by a person's hand in the table. */
  readonly supersedes?: boolean;
}

/** All that a seed needs beside the world: what the weather does while it lasts. */
interface Stage {
  readonly world: World;
  readonly superseded: Set<RunId>;
  /** Called every few seconds. */
  readonly tick: () => Promise<void>;
}

const pictureOf = ({ runs, destination }: World): string =>
  JSON.stringify([destination.posts.length, [...runs.values()].map(({ state }) => state)]);

const hasEnded = (run: Run | undefined): boolean => run !== undefined && isEnded(run.state);

/** Asks for a run of each export as soon as it may, until these have ended; gives them by export. */
const runEach = async ({ world, superseded, tick }: Stage): Promise<ReadonlyMap<ExportId, Run>> => {
  const asked = new Map<ExportId, RunId>();
  const isOver = (): boolean =>
    asked.size === exports.length &&
    [...world.runs.values()].every((run) => hasEnded(run) || superseded.has(run.id));
  const until = world.clock.now() + longest;
  let latest = '';
  let unchangedMs = 0;
  while (!isOver() && world.clock.now() < until) {
    for (const { id } of exports) {
      if (asked.has(id)) continue;
      const answer = await world.ask('changes', undefined, id);
      if (answer.kind === 'accepted') asked.set(id, answer.run);
    }
    await world.pass(tickMs);
    await tick();
    const picture = pictureOf(world);
    unchangedMs = picture === latest ? unchangedMs + tickMs : 0;
    latest = picture;
    // Everybody waits for a batch of hours. No trigger of the app fires for a while, which it must stand too.
    if (unchangedMs > quietMs) await world.clock.advance(quietJumpMs);
  }
  return new Map([...asked].map(([id, run]) => [id, world.runOf(run)]));
};

/** Puts a message again that was put before, in no order and at any time: delivery is at least once. */
const repeatMessages = (world: World, seed: number): (() => Promise<void>) => {
  const draw = createDraw(seed ^ 0xdead);
  return async () => {
    const { puts } = world.queue;
    const again = puts[Math.floor(draw('which') * puts.length)];
    if (again !== undefined && draw('repeat') < 0.5)
      await world.queue.put({ message: again.message, delaySeconds: Math.floor(draw('delay') * 120) });
  };
};

/** Cancels one run, some time after it began to post. */
const cancelOne = (world: World, seed: number): (() => Promise<void>) => {
  const draw = createDraw(seed ^ 0xca11);
  let isDone = false;
  return async () => {
    const sending = [...world.runs.values()].find(({ state }) => state === 'sending' || state === 'settling');
    if (isDone || sending === undefined || draw('cancel') < 0.5) return;
    isDone = true;
    await cancelRun(world.ports, sending.id);
  };
};

/** A newer claim in the place of an active one whose run has begun to post. */
const supersede = ({ world, superseded }: Stage): (() => Promise<void>) => {
  let isDone = false;
  return async () => {
    const old = [...world.runs.values()].find(
      ({ id, state }) => state === 'sending' && id.startsWith(`${newsletter.id}.`),
    );
    const hasPosted = world.destination.posts.some(({ origin }) => origin.startsWith(`${old?.id}/`));
    if (isDone || old === undefined || !hasPosted) return;
    isDone = true;
    superseded.add(old.id);
    const claim: Claim = {
      runId: runForKey(newsletter.id, 'newer'),
      exportId: newsletter.id,
      kind: 'changes',
      trigger: 'http',
      requestedAt: world.clock.now(),
    };
    await changeRow(world.ports.store.states, addressOf.state(newsletter.id), (state) =>
      state === undefined ? undefined : { ...state, active: claim },
    );
  };
};

/** As often as a calm seed makes each call: so that faults fall on calls that are made. */
let counted: Promise<CallCounts> | undefined;
const callCounts = (): Promise<CallCounts> => {
  const count = async (): Promise<CallCounts> => {
    const counts = new Map<string, number>();
    await act(0, calm, counting(counts), {});
    return counts;
  };
  counted ??= count();
  return counted;
};

const act = async (seed: number, weather: Weather, faults: FaultPlan, options: PlayOptions) => {
  let isCalm = false;
  const dayOf = (day: number) => crowdOf(seed, weather.size, day);
  const destination = destinationIn(seed, weather, () => isCalm);
  const world = await flowWorld({
    population: dayOf(1).population,
    seed,
    definition: newsletter,
    others: [vip],
    processes: weather.processes,
    requestsPerMinute: weather.requestsPerMinute,
    source: { pageSize: 100, prefixes },
    destination,
    faults: (call) => (isCalm ? undefined : faults(call)),
    ...(options.variation && { variation: options.variation }),
  });
  const superseded = new Set<RunId>();
  const repeat = weather.repeatsMessages ? repeatMessages(world, seed) : undefined;
  const take = options.supersedes ? supersede({ world, superseded, tick: async () => {} }) : undefined;
  const cancel = options.cancels ? cancelOne(world, seed) : undefined;
  const tick = async (): Promise<void> => {
    await repeat?.();
    await cancel?.();
    await take?.();
  };
  const stage: Stage = { world, superseded, tick };
  for (const day of [1, 2]) {
    world.source.refresh(dayOf(day).population);
    await runEach(stage);
  }
  isCalm = true;
  // Whatever is under way comes to its end: batches of hours, stalls, messages put again.
  if (weather.lateBatches > 0) await world.clock.advance(8 * hour);
  await world.clock.advance(7 * minute);
  await world.pass(2 * minute);
  const lastDay = dayOf(3);
  world.source.refresh(lastDay.population);
  const last = await runEach({ ...stage, tick: async () => {} });
  await world.pass(2 * minute);
  return { world, superseded, lastDay, last };
};

export const play = async (seed: number, options: PlayOptions = {}): Promise<Played> => {
  const weather = options.weather ?? weatherOf(seed);
  const counts = await callCounts();
  const faults = everything({ seed, faults: weather.faults, counts });
  const { world, superseded, lastDay, last } = await act(seed, weather, faults, options);
  const findings = await findingsOf({
    world,
    exports,
    lastDay,
    superseded,
    isRefused: (email) => isRefused(seed, weather, email),
  });
  const isFine = (run: Run | undefined): boolean =>
    run?.state === 'succeeded' || (run?.reason?.code === 'rows-refused' && weather.refusedShare > 0);
  const poor = exports
    .filter(({ id }) => !isFine(last.get(id)))
    .map(
      ({ id }) => `law 12: nothing is in the way of the last run of ${id}, but it is ${last.get(id)?.state}`,
    );
  return {
    seed,
    weather,
    findings: [...findings, ...poor],
    runs: [...world.runs.values()].map(({ id, state, reason }) => `${id} ${state} ${reason?.code ?? ''}`),
    lostProcesses: world.lost(),
    posts: world.destination.posts.length,
    virtualHours: (world.clock.now() - Date.UTC(2026, 0, 5)) / hour,
    calls: world.calls(),
  };
};

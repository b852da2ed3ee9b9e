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
}

const pictureOf = ({ runs, destination }: World): string =>
  JSON.stringify([destination.posts.length, [...runs.values()].map(({ state }) => state)]);

/** Asks for a run of each export as soon as it may, until these have ended; gives them by export. */
const runEach = async (world: World, tick: () => Promise<void>): Promise<ReadonlyMap<ExportId, Run>> => {
  const asked = new Map<ExportId, RunId>();
  const isOver = (): boolean =>
    asked.size === exports.length && [...world.runs.values()].every(({ state }) => isEnded(state));
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

/** Cancels one run that is at something, at any moment of the first minutes. */
const cancelOne = (world: World, seed: number): (() => Promise<void>) => {
  const draw = createDraw(seed ^ 0xca11);
  const from = world.clock.now() + draw('moment') * 6 * minute;
  let isDone = false;
  return async () => {
    const active = [...world.runs.values()].filter(({ state }) => !isEnded(state));
    const one = active[Math.floor(draw('which') * active.length)];
    if (isDone || one === undefined || world.clock.now() < from) return;
    isDone = true;
    const answer = await cancelRun(world.ports, one.id);
    if (answer.kind !== 'cancelling') return;
    for (const outgoing of answer.messages) await world.queue.put(outgoing);
  };
};

/** A newer claim in the place of the active one, at the first post of its run. */
const supersede = async (world: World): Promise<ReadonlyMap<RunId, number>> => {
  const { states } = world.ports.store;
  const requestedAt = world.clock.now();
  const superseded = new Map<RunId, number>();
  await changeRow(states, addressOf.state(newsletter.id), (state) => {
    if (!state?.active) return undefined;
    superseded.set(state.active.runId, requestedAt);
    const runId = runForKey(newsletter.id, 'newer');
    const claim: Claim = { runId, exportId: newsletter.id, kind: 'changes', trigger: 'http', requestedAt };
    return { ...state, active: claim };
  });
  return superseded;
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
  let superseded: ReadonlyMap<RunId, number> | undefined;
  const dayOf = (day: number) => crowdOf(seed, weather.size, day);
  const destination = destinationIn(seed, weather, () => isCalm);
  const world: World = await flowWorld({
    population: dayOf(1).population,
    seed,
    isQuick: true,
    definition: newsletter,
    others: [vip],
    processes: weather.processes,
    requestsPerMinute: weather.requestsPerMinute,
    source: { pageSize: 100, prefixes },
    destination: {
      ...destination,
      before(call) {
        if (weather.supersedes && superseded === undefined && call.origin?.startsWith(`${newsletter.id}.`)) {
          superseded = new Map();
          void supersede(world).then((runs) => {
            superseded = runs;
          });
        }
        return destination.before?.(call);
      },
    },
    faults: (call) => (isCalm ? undefined : faults(call)),
    ...(options.variation && { variation: options.variation }),
  });
  const repeat = weather.repeatsMessages ? repeatMessages(world, seed) : undefined;
  const cancel = weather.cancels ? cancelOne(world, seed) : undefined;
  const tick = async (): Promise<void> => {
    await repeat?.();
    await cancel?.();
  };
  for (const day of [1, 2]) {
    world.source.refresh(dayOf(day).population);
    await runEach(world, tick);
  }
  isCalm = true;
  // Whatever is under way comes to its end: batches of hours, stalls, messages put again.
  if (weather.lateBatches > 0) await world.clock.advance(8 * hour);
  await world.clock.advance(7 * minute);
  await world.pass(2 * minute);
  const lastDay = dayOf(3);
  world.source.refresh(lastDay.population);
  const last = await runEach(world, async () => {});
  await world.pass(2 * minute);
  return { world, superseded: superseded ?? new Map<RunId, number>(), lastDay, last };
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

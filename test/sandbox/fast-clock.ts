import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { promisify } from 'node:util';

/**
 * A clock that runs `speed` times as fast as the machine's, and showed the same at `since` (ms since 1970). Preloaded
 * into every process of a sandbox, Azurite included, it divides all that anybody waits for by the same factor: windows,
 * locks, visibility, leases, timers, time-outs, and the app's own waits. What a machine needs for its work stays as it
 * is, so all delays count `speed` times as much.
 */
export interface FastClock {
  readonly speed: number;
  readonly since: number;
}

const variable = 'SANDBOX_CLOCK';
const preload = new URL(import.meta.url).href;

/** What a process that is to run on the clock is started with; nothing for the machine's own. */
export const underClock = (clock: FastClock | undefined) =>
  clock === undefined
    ? { args: [], env: {} }
    : { args: ['--import', preload], env: { [variable]: `${clock.speed}@${clock.since}` } };

const realDate = Date;

/** Finer than `Date.now`, of which a millisecond would be many. */
const realNow = (): number => performance.timeOrigin + performance.now();

/** Now on that clock, ms since 1970. */
export const fastNow = ({ speed, since }: FastClock): number =>
  Math.floor(since + (realNow() - since) * speed);

const given = /^([\d.]+)@(\d+)$/.exec(process.env[variable] ?? '');
if (given !== null) install({ speed: Number(given[1]), since: Number(given[2]) });

function install(clock: FastClock): void {
  const { speed } = clock;
  globalThis.Date = new Proxy(realDate, {
    construct: (target, values, newTarget) =>
      Reflect.construct(target, values.length === 0 ? [fastNow(clock)] : values, newTarget),
    apply: () => new realDate(fastNow(clock)).toString(),
    get: (target, name) => (name === 'now' ? () => fastNow(clock) : Reflect.get(target, name)),
  });

  const { setTimeout: wait, setInterval: every } = timersPromises;
  timersPromises.setTimeout = (ms, ...rest) => wait(divided(ms), ...rest);
  timersPromises.setInterval = (ms, ...rest) => every(divided(ms), ...rest);
  const shorter = <T extends typeof setTimeout | typeof setInterval>(real: T): T =>
    new Proxy(real, {
      apply: (target, self, [act, ms, ...rest]) => Reflect.apply(target, self, [act, divided(ms), ...rest]),
      get: (target, name) =>
        name === promisify.custom ? timersPromises.setTimeout : Reflect.get(target, name),
    });
  globalThis.setTimeout = timers.setTimeout = shorter(timers.setTimeout);
  globalThis.setInterval = timers.setInterval = shorter(timers.setInterval);
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (ms) => timeout.call(AbortSignal, Math.ceil(ms / speed));
  syncBuiltinESMExports();

  function divided(ms: number | undefined): number | undefined {
    return ms === undefined ? ms : ms / speed;
  }
}

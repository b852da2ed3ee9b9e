import type { Clock } from '../../ports/clock.ts';
import type { Client, Reply } from './client.ts';

const maxRepeats = 4;
const longestPauseSeconds = 20;
const patienceMs = 120_000;

/** Seconds until the same is worth asking again; `null`: it is an answer, or no better soon. */
const pauseSeconds = (reply: Reply, repeats: number): number | null => {
  switch (reply.kind) {
    case 'throttled':
      return reply.retryAfterSeconds <= longestPauseSeconds ? reply.retryAfterSeconds : null;
    case 'transient':
      // A request that took a minute for nothing would do so again.
      return reply.message === 'TimeoutError' ? null : 2 ** repeats;
    default:
      return null;
  }
};

/**
 * For two minutes, a client that asks again what failed for the moment. To divide a source takes a dozen requests,
 * which else would all be made anew when the last of them fails.
 */
export const patient = (client: Client, clock: Pick<Clock, 'now' | 'sleepUntil'>): Client => {
  const until = clock.now() + patienceMs;
  return {
    ...client,
    async get(url, pageSize) {
      for (let repeats = 0; ; repeats += 1) {
        const reply = await client.get(url, pageSize);
        const seconds = repeats < maxRepeats ? pauseSeconds(reply, repeats) : null;
        const next = clock.now() + (seconds ?? 0) * 1000;
        if (seconds === null || next > until) return reply;
        await clock.sleepUntil(next);
      }
    },
  };
};

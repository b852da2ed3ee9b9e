import { atLeast, atMost, type Bar, exactly, mostInAny, useOf } from './bars.ts';
import type { BenchRun } from './bench-run.ts';

export interface SceneOptions {
  /** Share of the addresses that Omnisend refuses, the same ones every time. */
  readonly refusedShare: number;
  /** How long each rate of the other integration, or the outage, lasts. */
  readonly seconds: number;
  readonly killSeconds: number;
}

export interface Result {
  readonly figures: object;
  readonly bars: Readonly<Record<string, Bar>>;
}

export type Scene = (bench: BenchRun, options: SceneOptions) => Promise<Result>;

/** One app process, nobody else, nothing goes wrong. */
const alone: Scene = async (bench, { refusedShare }) => {
  if (refusedShare > 0) await bench.setFaults({ itemRefusals: [{ share: refusedShare, status: 400 }] });
  await bench.startSending();
  const { state, tally, progress } = await bench.ended();
  const figures = await bench.figures();
  const { requestsPerMinute } = bench.settings;
  return {
    figures: { state, accepted: tally.accepted, refused: tally.refused, ...counted(figures) },
    bars: {
      use: atLeast(useOf(figures, requestsPerMinute), 0.96),
      tooManyRequests: exactly(figures.tooManyRequests.fromWindow, 0),
      // 10,300 requests for 10,000 batches, 11,400 where one row in a thousand is refused.
      requests: atMost(
        figures.requests.total,
        Math.ceil(progress.sending.batches * (refusedShare > 0 ? 1.14 : 1.03)),
      ),
      state: exactly(state, refusedShare > 0 ? 'partial' : 'succeeded'),
    },
  };
};

/** Several app processes on one brand, of which one after the other is killed and started again. */
const instances: Scene = async (bench, { killSeconds }) => {
  await bench.startSending();
  const { batches } = (await bench.shown()).progress.sending;
  const posted = new AbortController();
  let kills = 0;
  const killing = (async () => {
    for (;;) {
      await bench.sleep(killSeconds);
      if (posted.signal.aborted) return;
      await bench.sandbox.restartApp(kills % bench.settings.instances);
      kills += 1;
    }
  })();
  let figures = await bench.figures();
  for (; acceptedPosts(figures) < batches * 0.99; figures = await bench.figures()) await bench.sleep(2);
  posted.abort();
  await killing;
  const { state, tally } = await bench.ended();
  const end = await bench.figures();
  return {
    figures: { state, kills, accepted: tally.accepted, ...counted(end) },
    bars: {
      use: atLeast(useOf(figures, bench.settings.requestsPerMinute), 0.95),
      tooManyRequests: exactly(end.tooManyRequests.fromWindow, 0),
      state: exactly(state, 'succeeded'),
    },
  };
};

/** Another integration takes 0, then 120, then 40 requests a minute of the same brand (of 400). */
const shared: Scene = async (bench, { seconds }) => {
  const { requestsPerMinute } = bench.settings;
  await bench.startSending();
  await bench.sleep(seconds);
  const others = [];
  for (const share of [0.3, 0.1]) {
    const perMinute = requestsPerMinute * share;
    await bench.setFaults({ otherIntegrationPerMinute: perMinute });
    others.push({ at: bench.now(), perMinute });
    await bench.sleep(seconds);
  }
  const wasSending = (await bench.shown()).state === 'sending';
  const { state, tally } = await bench.ended();
  const figures = await bench.figures();
  return {
    figures: { state, wasSending, accepted: tally.accepted, ...counted(figures) },
    bars: {
      use: atLeast(useOf(figures, requestsPerMinute, others), 0.9),
      tooManyShare: atMost(figures.tooManyRequests.fromWindow / figures.requests.total, 0.005),
      state: exactly(state, 'succeeded'),
    },
  };
};

/** Omnisend answers nothing but server errors for a while in the middle. */
const outage: Scene = async (bench, { seconds }) => {
  await bench.startSending();
  await bench.sleep(60);
  const from = bench.now();
  await bench.setFaults({ serverErrorShare: 1 });
  await bench.sleep(seconds);
  const during = (await bench.arrivals()).filter((moment) => moment >= from);
  await bench.setFaults({ serverErrorShare: 0 });
  const until = bench.now();
  const { state, tally } = await bench.ended();
  const figures = await bench.figures();
  const after = (await bench.arrivals()).filter((moment) => moment >= until);
  // What was in its slot already when the outage began, and the answers that opened the breaker, are no probes.
  const probes = during.filter((moment) => moment >= from + settledAfterMs);
  // A slot may be used up to a second late.
  const inTenSeconds = (bench.settings.requestsPerMinute * 11) / 60;
  return {
    figures: {
      state,
      accepted: tally.accepted,
      failed: tally.failed,
      requestsInOutage: during.length,
      probes: probes.length,
      ...counted(figures),
    },
    bars: {
      // The breaker stays open for 30 s at least, so probes that come one at a time are that far apart.
      probesInAny20Seconds: atMost(mostInAny(probes, 20), 1),
      requestsInAny10SecondsAfter: atMost(mostInAny(after, 10), Math.ceil(inTenSeconds)),
      tooManyRequests: exactly(figures.tooManyRequests.fromWindow, 0),
      state: exactly(state, 'succeeded'),
    },
  };
};
const settledAfterMs = 40_000;

export const scenes = { alone, instances, shared, outage } satisfies Record<string, Scene>;

type Figures = Awaited<ReturnType<BenchRun['figures']>>;

const counted = ({ requests, tooManyRequests, maxInWindow }: Figures) => ({
  requests: requests.total,
  byEndpoint: requests.byEndpoint,
  tooManyRequests: tooManyRequests.fromWindow,
  mostInAnyMinute: maxInWindow.all,
});

const acceptedPosts = ({ requests }: Figures): number =>
  Object.entries(requests.byEndpoint['POST /batches'] ?? {}).reduce(
    (sum, [status, count]) => sum + (status.startsWith('2') ? count : 0),
    0,
  );

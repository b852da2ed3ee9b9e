import { z } from 'zod';
import { runId } from './ids.ts';
import type { RunState } from './states.ts';

/** `recovered`: a run succeeded after one that had not. */
export const newsEvents = ['failed', 'partial', 'held', 'recovered'] as const;
export type NewsEvent = (typeof newsEvents)[number];

const dueNews = z.object({
  run: runId,
  event: z.enum(newsEvents),
  tries: z.int().min(0),
  /** Not tried before, ms since 1970. */
  notBefore: z.int(),
});
export type DueNews = z.infer<typeof dueNews>;

/** Per export: how it stands as people know it, and what they are still to be told. */
export const news = z.object({
  standing: z
    .object({
      run: runId,
      state: z.enum(['succeeded', 'failed', 'partial', 'held']),
      code: z.string().nullable(),
    })
    .nullable(),
  /** A run failed or was partial, and none has succeeded since. */
  isBad: z.boolean(),
  due: z.array(dueNews),
});
export type News = z.infer<typeof news>;
type Standing = NonNullable<News['standing']>;

export const noNews: News = { standing: null, isBad: false, due: [] };

/** More than the supervisor leaves behind, but where a receiver is down for hours: then the oldest are dropped. */
const maxDue = 10;

interface Seen {
  readonly id: Standing['run'];
  readonly kind: string;
  readonly state: RunState;
  readonly reason: { readonly code: string } | null;
}

/** A dry run sends nothing, and a cancelled one says nothing of the export. */
const standingOf = ({ id, kind, state, reason }: Seen): Standing | null => {
  if (kind === 'dry-run') return null;
  switch (state) {
    case 'succeeded':
    case 'failed':
    case 'partial':
    case 'held':
      return { run: id, state, code: state === 'succeeded' ? null : (reason?.code ?? null) };
    default:
      return null;
  }
};

/** What ends as the run before it did, for the same reason, is no news; each held run is, as a person must look at it. */
const isSame = (before: Standing | null, after: Standing): boolean =>
  before?.state === after.state &&
  before.code === after.code &&
  (after.state !== 'held' || before.run === after.run);

/** With what a run that is held, or has ended, changes. The same object where that is nothing. */
export const noted = (before: News, run: Seen): News => {
  const standing = standingOf(run);
  if (standing === null || isSame(before.standing, standing)) return before;
  const { state } = standing;
  const isBad = state === 'held' ? before.isBad : state !== 'succeeded';
  const event: NewsEvent = state === 'succeeded' ? 'recovered' : state;
  if (event === 'recovered' && !before.isBad) return { ...before, standing, isBad };
  const due = [...before.due, { run: standing.run, event, tries: 0, notBefore: 0 }];
  return { standing, isBad, due: due.slice(-maxDue) };
};

const maxTries = 5;
const firstPauseMs = 60_000;

const isThis =
  ({ run, event }: Pick<DueNews, 'run' | 'event'>) =>
  (one: DueNews): boolean =>
    one.run === run && one.event === event;

/**
 * Taken by one who is about to tell it: nobody else does before the pause is over. `null`: somebody has it, or it was
 * told.
 */
export const taken = (before: News, one: DueNews, now: number): News | null => {
  const stored = before.due.find(isThis(one));
  if (stored === undefined || stored.tries !== one.tries || stored.notBefore > now) return null;
  const next = { ...stored, tries: stored.tries + 1, notBefore: now + firstPauseMs * 2 ** stored.tries };
  return { ...before, due: before.due.map((entry) => (entry === stored ? next : entry)) };
};

/** Told, given up, or nobody wants to know. */
export const settledNews = (before: News, one: Pick<DueNews, 'run' | 'event'>): News => ({
  ...before,
  due: before.due.filter((entry) => !isThis(one)(entry)),
});

/** `tries`: as many as were made before this one. */
export const isLastTry = ({ tries }: Pick<DueNews, 'tries'>): boolean => tries + 1 >= maxTries;

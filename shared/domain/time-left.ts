import { lookDelaySeconds } from './back-off.ts';
import type { Batch, Page } from './page.ts';
import { countRows } from './rows-of.ts';
import type { Run } from './run.ts';
import { newSlots, rateAt, type Slots } from './slots.ts';
import type { TagCall } from './tag-call.ts';
import { maxTagCallContacts } from './tag-calls-of.ts';

/** Whole seconds, as things go now; `null`: nothing honest can be said. */
export interface TimeLeft {
  readonly stage: number | null;
  /** Of the whole run, but for the commit at its end. Known once it is sending. */
  readonly run: number | null;
}

interface Budget {
  /** `undefined`: nothing was sent to the brand yet. */
  readonly slots: Slots | undefined;
  /** Requests a minute that the app allows itself. */
  readonly maxRate: number;
}

export interface TimeLeftInput {
  readonly run: Pick<
    Run,
    'state' | 'kind' | 'startedAt' | 'stages' | 'slices' | 'plan' | 'stop' | 'turn' | 'looks'
  >;
  readonly now: number;
  readonly slicesRead: number;
  readonly pages: readonly Page[];
  readonly tagCalls: readonly TagCall[];
  /** How many batches wait in each of the other runs that share the brand's lanes. */
  readonly others: readonly number[];
  readonly requests: Budget;
  readonly tags: Budget;
}

const unknown: TimeLeft = { stage: null, run: null };

/** How long a run still takes, told from what it has done so far and from the brand's budget as it is now. */
export const timeLeft = (input: TimeLeftInput): TimeLeft => {
  const { run, now, slicesRead } = input;
  switch (run.state) {
    case 'reading':
      return { stage: atThisPace(run.startedAt, now, slicesRead, run.slices), run: null };
    case 'planning': {
      const { planned = 0, shards = 0 } = run.plan ?? {};
      const stage = planned === shards ? null : atThisPace(run.stages?.planning, now, planned, shards);
      return { stage, run: run.kind === 'dry-run' ? stage : null };
    }
    case 'sending':
    case 'settling':
    case 'cancelling':
      return leftToSend(input);
    default:
      return unknown;
  }
};

const leftToSend = (input: TimeLeftInput): TimeLeft => {
  const { run, pages } = input;
  if (run.stop?.answers === false) return unknown;
  const batches = pages.flatMap((page) => page.batches);
  const planned = batches.filter(({ state }) => state === 'planned').length;
  const posts = isStopping(run) ? 0 : secondsToPost(input, planned);
  const tags = isStopping(run) ? 0 : secondsToTag(input);
  const answers = secondsToAnswers(input, batches, posts);
  const left = answers === null ? null : Math.ceil(Math.max(answers, tags));
  return { stage: run.state === 'sending' ? Math.ceil(posts) : left, run: left };
};

/**
 * Until the last batch is known to be answered. How long that takes shows in the newest one that is: what was posted
 * after it had none when settlement last looked. It looks again at a moment of its own.
 */
const secondsToAnswers = (
  { run, now }: TimeLeftInput,
  batches: readonly Batch[],
  posts: number,
): number | null => {
  const open = batches.filter(({ state }) => state === 'posted' || state === 'intent');
  if (posts === 0 && open.length === 0) return 0;
  const newest = (some: readonly Batch[]): number =>
    some.reduce((at, one) => Math.max(at, one.postedAt ?? 0), 0);
  const newestSettled = newest(batches.filter(({ state }) => state === 'settled'));
  if (newestSettled === 0) return null;
  const answerMs = Math.max(0, run.turn.at - newestSettled);
  return posts > 0
    ? posts + answerMs / 1000 + lookDelaySeconds(run.looks) / 2
    : Math.max(0, newest(open) + answerMs - now, run.turn.notBefore - now) / 1000;
};

const isStopping = ({ state, stop }: TimeLeftInput['run']): boolean =>
  state === 'cancelling' || stop !== null;

/** Lanes take the brand's runs in turn: another run's batches go in between until the shorter of the two is sent. */
const secondsToPost = ({ now, others, requests }: TimeLeftInput, waiting: number): number => {
  if (waiting === 0) return 0;
  const between = others.reduce((sum, other) => sum + Math.min(other, waiting), 0);
  return secondsFor(requests, waiting + between, now);
};

/** Calls that are stored, and at least as many as the contacts without one need. */
const secondsToTag = ({ run, now, tagCalls, tags }: TimeLeftInput): number => {
  const calls = tagCalls.filter(({ state }) => state !== 'split');
  const known = calls.filter(({ state }) => state === 'planned' || state === 'intent').length;
  const inCalls = calls.reduce((sum, { rows }) => sum + countRows(rows), 0);
  const without = Math.max(0, (run.plan?.taggings ?? 0) - inCalls);
  const left = known + Math.ceil(without / maxTagCallContacts);
  return left === 0 ? 0 : secondsFor(tags, left, now);
};

const secondsFor = ({ slots, maxRate }: Budget, requests: number, now: number): number => {
  const { frozenUntil, breaker, breakerUntil } = slots ?? newSlots(maxRate);
  const pauseMs = Math.max(0, frozenUntil - now, breaker === 'closed' ? 0 : breakerUntil - now);
  return pauseMs / 1000 + (requests * 60) / rateAt(slots ?? newSlots(maxRate), now, maxRate);
};

/** What is left of a number of like things takes as long for each as those that are done did. */
const atThisPace = (
  since: number | null | undefined,
  now: number,
  done: number,
  all: number,
): number | null =>
  typeof since !== 'number' || done === 0 ? null : Math.ceil(((now - since) * (all - done)) / done / 1000);

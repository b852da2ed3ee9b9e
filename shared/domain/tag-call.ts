import { z } from 'zod';
import { forbiddenPauseMs } from './after-post.ts';
import type { DestinationAnswer } from './answers.ts';
import { runId } from './ids.ts';
import { maxBatchAttempts, type RowRange, rowRange } from './page.ts';
import { countRows, halvesOf } from './rows-of.ts';
import { type TagCallState, tagCallStates, toTagCallState } from './states.ts';

/** By then the request has timed out: who took the call is gone, and as a tag may be set twice, it is made again. */
const answerLostAfterMs = 180_000;

/** Outcomes that the call decides, of contacts for which nothing but tags is to be told. */
const tagCallCounts = z.object({ upserts: z.int().min(0), leaves: z.int().min(0) });
export type TagCallCounts = z.infer<typeof tagCallCounts>;

/** One request of a run to `/contacts/tags`: one tag, one direction, at most 250 contacts of one shard. */
export const tagCall = z.object({
  runId,
  /** `t<shard>-<n>`; the halves of a refused call add `a` and `b`. */
  key: z.string(),
  shard: z.int(),
  tag: z.string(),
  direction: z.enum(['add', 'remove']),
  /** Of the shard's list of taggings. */
  rows: z.array(rowRange),
  counted: tagCallCounts,
  state: z.enum(tagCallStates as [TagCallState, ...TagCallState[]]),
  /** Tries that cost an attempt; a throttled one does not. */
  attempt: z.int(),
  /** Planned: not made before. Intent: from then on its answer counts as lost. Ms since 1970. */
  notBefore: z.int(),
  requestedAt: z.int().nullable(),
  /** A try of it got no answer, so Omnisend may have taken it. */
  mayHaveArrived: z.literal(true).optional(),
});
export type TagCall = z.infer<typeof tagCall>;

const moved = (call: TagCall, state: TagCallState, rest: Partial<TagCall> = {}): TagCall => ({
  ...call,
  ...rest,
  state: toTagCallState(call.state, state),
});

/** Calls whose time has come, those among them whose answer is lost. */
export const dueCalls = (calls: readonly TagCall[], now: number): readonly TagCall[] =>
  calls.filter(({ state, notBefore }) => (state === 'planned' || state === 'intent') && notBefore <= now);

/** Stored before the request. A call that is an intent already is made again: its answer is lost. */
export const toIntent = (call: TagCall, now: number): TagCall =>
  moved(call, 'intent', {
    notBefore: now + answerLostAfterMs,
    ...(call.state === 'intent' && { attempt: call.attempt + 1, mayHaveArrived: true as const }),
  });

/** Taken by Omnisend, which applies it seconds later and tells nobody: final. */
export const requested = (call: TagCall, now: number): TagCall =>
  moved(call, 'requested', { requestedAt: now });

export const cancelled = (call: TagCall): TagCall => moved(call, 'cancelled');

/** No more tries. */
export const failed = (call: TagCall): TagCall => moved(call, 'failed');

interface Again {
  readonly costsAttempt: boolean;
  readonly notBefore: number;
  /** The try may have been taken all the same. */
  readonly mayHaveArrived: boolean;
}

/** To be made again, not before `notBefore`; failed where the attempts are spent. */
export const backToPlanned = (call: TagCall, again: Again): TagCall => {
  const attempt = call.attempt + (again.costsAttempt ? 1 : 0);
  const rest = { attempt, ...(again.mayHaveArrived && { mayHaveArrived: true as const }) };
  return attempt >= maxBatchAttempts
    ? moved(call, 'failed', rest)
    : moved(call, 'planned', { ...rest, notBefore: again.notBefore });
};

/** What one request made of a call: the call itself, and the halves that take its place. */
export type AfterTagCall = readonly [own: TagCall, ...halves: TagCall[]];

interface Halving {
  readonly now: number;
  /** The outcomes that a call of these rows decides: each half gets its own share. */
  readonly countedOf: (rows: readonly RowRange[]) => TagCallCounts;
}

/** Halved until the contact is found that Omnisend refuses. */
export const refusedWhole = (call: TagCall, { now, countedOf }: Halving): AfterTagCall => {
  if (countRows(call.rows) < 2) return [moved(call, 'refused')];
  const own = moved(call, 'split', { counted: { upserts: 0, leaves: 0 } });
  const [first, second] = halvesOf(call.rows);
  const half = (letter: 'a' | 'b', rows: RowRange[]): TagCall => ({
    ...call,
    key: `${call.key}${letter}`,
    rows,
    counted: countedOf(rows),
    state: 'planned',
    notBefore: now,
  });
  return [own, half('a', first), half('b', second)];
};

/** `againAt`: when a try that may succeed later is made again. */
export const afterTagAnswer = (
  call: TagCall,
  answer: DestinationAnswer<null>,
  { againAt, ...halving }: Halving & { readonly againAt: number },
): AfterTagCall => {
  const { now } = halving;
  const again = (costsAttempt: boolean, notBefore: number, mayHaveArrived = false): AfterTagCall => [
    backToPlanned(call, { costsAttempt, notBefore, mayHaveArrived }),
  ];
  switch (answer.kind) {
    case 'ok':
      return [requested(call, now)];
    case 'ambiguous':
      return again(true, againAt, true);
    case 'absent':
      return again(true, againAt);
    case 'throttled':
    case 'unauthorised':
    case 'retired':
      return again(false, now);
    case 'forbidden':
      return again(false, now + forbiddenPauseMs);
    case 'refused':
    case 'too-large':
    case 'conflict':
      return refusedWhole(call, halving);
  }
};

/** What a call did to its contacts: Omnisend took it, may have taken it (`open`), or did not. */
export const tagOutcome = ({ state, mayHaveArrived }: TagCall): 'requested' | 'open' | 'none' => {
  if (state === 'requested') return 'requested';
  // Its halves tell, and know of earlier tries.
  if (state === 'split') return 'none';
  return state === 'intent' || mayHaveArrived ? 'open' : 'none';
};

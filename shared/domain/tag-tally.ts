import { noRows } from './batch.ts';
import { countRows } from './rows-of.ts';
import type { TagCall } from './tag-call.ts';
import type { SendTally, TagTally } from './tally.ts';

export interface TagTallies {
  /** Of members and of leavers whose outcome a call decides. */
  readonly upserts: SendTally;
  readonly leaves: SendTally;
  readonly tags: TagTally;
}

/** What a call's state means for its contacts. At the run's end an answer that is still owed does not come any more. */
const outcomeOf = (state: Exclude<TagCall['state'], 'split'>, atEnd: boolean): keyof typeof tagOutcome => {
  switch (state) {
    case 'requested':
      return 'accepted';
    case 'refused':
    case 'failed':
      return state;
    case 'intent':
      return atEnd ? 'failed' : 'unsent';
    case 'planned':
    case 'cancelled':
      return 'unsent';
  }
};

const tagOutcome = { accepted: 'requested', refused: 'failed', failed: 'failed', unsent: 'unsent' } as const;

const plus = <Name extends string>(
  tally: Readonly<Record<Name, number>>,
  name: Name,
  count: number,
): Record<Name, number> => ({ ...tally, [name]: tally[name] + count });

/** What became of the tags of a run, over all its calls. */
export const tagTallies = (calls: Iterable<TagCall>, atEnd: boolean): TagTallies => {
  let upserts: SendTally = noRows;
  let leaves: SendTally = noRows;
  let tags: TagTally = { requested: 0, failed: 0, unsent: 0 };
  for (const { state, rows, counted } of calls) {
    // Its halves count in its place.
    if (state === 'split') continue;
    const outcome = outcomeOf(state, atEnd);
    upserts = plus(upserts, outcome, counted.upserts);
    leaves = plus(leaves, outcome, counted.leaves);
    tags = plus(tags, tagOutcome[outcome], countRows(rows));
  }
  return { upserts, leaves, tags };
};

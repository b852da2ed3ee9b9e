import type { CustomerId } from './ids.ts';
import type { Change } from './plan.ts';
import type { ShardPlan } from './plan-shard.ts';
import type { InvalidRow } from './spool.ts';

/** A planned change as people are shown it: never a value. */
export interface ExampleChange {
  readonly kind: Change['kind'];
  readonly customerId: CustomerId;
  /** Names of the fields that are told, then `tag <name>`. Which of them differ is not known: only a fingerprint is kept. */
  readonly fields: readonly string[];
}

/** What a run is about, by a few customers: for the person who decides whether it is sent. */
export interface Examples {
  readonly leavers: readonly CustomerId[];
  readonly invalid: readonly InvalidRow[];
  /** Of a dry run; otherwise empty. */
  readonly changes: readonly ExampleChange[];
}

export const noExamples: Examples = { leavers: [], invalid: [], changes: [] };

export const maxExamples = 5;
const maxExampleChanges = 50;

const fieldsOf = ({ contact: { email: _, properties, ...fields } }: Change): string[] => [
  ...Object.keys(fields),
  ...Object.keys(properties ?? {}),
];

/** A shard's changes in their order, then who is only tagged or untagged. */
function* exampleChanges({
  changes,
  taggings,
}: Pick<ShardPlan, 'changes' | 'taggings'>): Generator<ExampleChange> {
  const tagsOf = (tagging: (typeof taggings)[number] | undefined): string[] =>
    [...(tagging?.add ?? []), ...(tagging?.remove ?? [])].sort().map((tag) => `tag ${tag}`);
  const tagged = new Map(taggings.map((tagging) => [tagging.change, tagging]));
  for (const [place, change] of changes.entries()) {
    const fields = [...fieldsOf(change), ...tagsOf(tagged.get(place))];
    yield { kind: change.kind, customerId: change.id, fields };
  }
  for (const tagging of taggings) {
    if (tagging.change === null)
      yield { kind: tagging.kind, customerId: tagging.id, fields: tagsOf(tagging) };
  }
}

/** With those of one more shard, as far as there is room; the same object where nothing is added, as by a repeat. */
export const addExamples = (
  before: Examples,
  plan: Pick<ShardPlan, 'changes' | 'taggings' | 'tally'>,
  { withChanges }: { readonly withChanges: boolean },
): Examples => {
  const wantsLeavers = plan.tally.leaves > 0;
  if (!wantsLeavers && !withChanges) return before;
  const leavers = new Set(before.leavers);
  const changes = new Map(before.changes.map((change) => [`${change.kind} ${change.customerId}`, change]));
  for (const change of exampleChanges(plan)) {
    const needsLeaver = wantsLeavers && leavers.size < maxExamples;
    const needsChange = withChanges && changes.size < maxExampleChanges;
    if (!needsLeaver && !needsChange) break;
    if (needsLeaver && change.kind === 'leave') leavers.add(change.customerId);
    if (needsChange) changes.set(`${change.kind} ${change.customerId}`, change);
  }
  if (leavers.size === before.leavers.length && changes.size === before.changes.length) return before;
  return { ...before, leavers: [...leavers], changes: [...changes.values()] };
};

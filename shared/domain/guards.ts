import type { ExportDefinition } from './definition.ts';
import type { SourceMarks } from './source-mark.ts';
import type { PlanTally, ReadTally } from './tally.ts';

type GuardCode =
  | 'source-empty'
  | 'source-changed'
  | 'members-missing'
  | 'rows-unreadable'
  | 'leave-share'
  | 'invalid-share'
  | 'too-few-members'
  | 'too-many-members'
  | 'new-contacts';

/** A rule that holds the run until a person approves it, and the figures that tripped it. */
export interface GuardFinding {
  readonly code: GuardCode;
  readonly message: string;
}

export interface GuardInput {
  readonly tally: PlanTally;
  readonly read: ReadTally;
  readonly definition: Pick<ExportDefinition, 'guards' | 'segments'>;
  /** `null` where the source was not marked. */
  readonly marks: SourceMarks | null;
  /** The export has no snapshot at this brand yet, so nobody can be removed. */
  readonly first: boolean;
}

/** A share of a handful says nothing. */
const fewestLeaves = 20;

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;

/** Every guard that holds this run; none: it may go on. */
export const checkGuards = ({
  tally,
  read,
  definition,
  first,
  marks,
}: GuardInput): readonly GuardFinding[] => {
  const { guards } = definition;
  const members = tally.unchanged + tally.upserts + tally.tagged + tally.outside;
  const leaves = tally.leaves + tally.takenBack;
  const findings: GuardFinding[] = [];
  const hold = (code: GuardCode, message: string): void => {
    findings.push({ code, message });
  };

  // No setting switches this one off: a source that gives nobody looks the same as one that is broken.
  if (!first && tally.known > 0 && members === 0)
    hold(
      'source-empty',
      `The source gave no usable member (${read.read} rows read), but ${tally.known} contacts were exported before.`,
    );
  if (marks !== null && marks.after?.version !== marks.before.version)
    hold(
      'source-changed',
      'Customer Insights was refreshed while it was read, so the members may be of two states. ' +
        'Cancel the run and run the export again when the refresh has ended.',
    );
  for (const [position, segment] of definition.segments.entries()) {
    const expected = (marks?.after ?? marks?.before)?.members[segment] ?? 0;
    const found = read.members[position] ?? 0;
    if (found >= expected * (1 - guards.maxMissingShare)) continue;
    hold(
      'members-missing',
      `The segment ${segment} says it has ${expected} members, but only ${found} were read. ` +
        'Rows may be hidden from the app by its security role, or not be in Dataverse yet.',
    );
  }
  const unreadable = read.invalidByReason['row-malformed'] ?? 0;
  if (leaves > 0 && unreadable > 0)
    hold(
      'rows-unreadable',
      `${unreadable} memberships could not be read, so some of the ${leaves} leavers may be members still.`,
    );
  if (!first && leaves >= fewestLeaves && leaves > guards.maxLeaveShare * tally.known)
    hold(
      'leave-share',
      `${leaves} of ${tally.known} contacts would lose markers (${percent(leaves / Math.max(tally.known, 1))}); ` +
        `allowed are ${percent(guards.maxLeaveShare)}.`,
    );
  if (read.invalid > guards.maxInvalidShare * read.read)
    hold(
      'invalid-share',
      `${read.invalid} of ${read.read} rows are invalid (${percent(read.invalid / Math.max(read.read, 1))}); ` +
        `allowed are ${percent(guards.maxInvalidShare)}.`,
    );
  if (members < guards.minMembers)
    hold(
      'too-few-members',
      `The segments have ${members} usable members; at least ${guards.minMembers} are expected.`,
    );
  if (members > guards.maxMembers)
    hold(
      'too-many-members',
      `The segments have ${members} usable members; at most ${guards.maxMembers} are allowed.`,
    );
  if (guards.maxNewContacts !== null && tally.joined > guards.maxNewContacts)
    hold(
      'new-contacts',
      `${tally.joined} contacts would be new; at most ${guards.maxNewContacts} are allowed.`,
    );
  return findings;
};

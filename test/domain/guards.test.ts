import { expect, test } from 'vitest';
import { checkGuards } from '../../shared/domain/guards.ts';
import type { SourceMarks } from '../../shared/domain/source-mark.ts';
import type { PlanTally, ReadTally } from '../../shared/domain/tally.ts';
import { definitionOf } from './planning.ts';

const check = (
  tally: Partial<PlanTally>,
  guards: Record<string, unknown> = {},
  read: Partial<ReadTally> = {},
  first = false,
  marks: SourceMarks | null = null,
) =>
  checkGuards({
    tally: {
      repeated: 0,
      duplicate: 0,
      unchanged: 10,
      upserts: 0,
      tagged: 0,
      outside: 0,
      joined: 0,
      leaves: 0,
      takenBack: 0,
      known: 0,
      ...tally,
    },
    read: {
      read: 10,
      spooled: 10,
      invalid: 0,
      invalidByReason: {},
      leftOut: {},
      members: { 0: 10 },
      ...read,
    },
    definition: definitionOf({ guards, segments: ['VIP', 'New'] }),
    first,
    marks,
  });

const off = { maxLeaveShare: 1, maxInvalidShare: 1, minMembers: 0, maxMembers: 1e9, maxNewContacts: null };

const marked = (after: string | null, members: Record<string, number> = {}): SourceMarks => ({
  before: { version: 'a', members },
  after: after === null ? null : { version: after, members },
});

test.each([
  ['nothing odd', check({ known: 10 }), []],
  ['a source that stayed as it was', check({}, {}, {}, true, marked('a', { VIP: 10 })), []],
  ['a source that moved while it was read', check({}, {}, {}, true, marked('b')), ['source-changed']],
  ['a source whose second mark is missing', check({}, {}, {}, true, marked(null)), ['source-changed']],
  [
    '95 of 100 members',
    check({}, {}, { members: { 0: 95, 1: 3 } }, true, marked('a', { VIP: 100, New: 3 })),
    [],
  ],
  [
    '94 of 100 members',
    check({}, {}, { members: { 0: 94 } }, true, marked('a', { VIP: 100 })),
    ['members-missing'],
  ],
  [
    'a small segment that is short beside a large one that is whole',
    check({}, {}, { members: { 0: 100, 1: 2 } }, true, marked('a', { VIP: 100, New: 3 })),
    ['members-missing'],
  ],
  [
    'a segment of whom nobody was read',
    check({}, {}, { members: { 1: 3 } }, true, marked('a', { VIP: 100, New: 3 })),
    ['members-missing'],
  ],
  [
    'missing members allowed',
    check({}, { maxMissingShare: 1 }, { members: { 0: 1 } }, true, marked('a', { VIP: 100 })),
    [],
  ],
  ['19 leaves of 19', check({ known: 19, leaves: 19 }), []],
  ['20 leaves of 100 are the share allowed', check({ known: 100, leaves: 20 }), []],
  ['21 leaves of 100', check({ known: 100, leaves: 21 }), ['leave-share']],
  ['members whom a retry leaves alone', check({ known: 10, unchanged: 0, outside: 10 }), []],
  ['markers taken back count as leaves', check({ known: 100, leaves: 11, takenBack: 10 }), ['leave-share']],
  [
    'a share of 0 from the 20th leave on',
    check({ known: 1e6, leaves: 20 }, { maxLeaveShare: 0 }),
    ['leave-share'],
  ],
  [
    'memberships that cannot be read, with leavers',
    check({ known: 100, leaves: 1 }, off, { invalidByReason: { 'row-malformed': 1 } }),
    ['rows-unreadable'],
  ],
  [
    'memberships that cannot be read, nobody leaves',
    check({}, off, { invalidByReason: { 'row-malformed': 1 } }),
    [],
  ],
  ['half of the rows invalid', check({}, {}, { read: 10, invalid: 5 }), []],
  ['more than half of the rows invalid', check({}, {}, { read: 10, invalid: 6 }), ['invalid-share']],
  ['no member', check({ unchanged: 0 }), ['too-few-members']],
  ['too few members', check({ unchanged: 3, upserts: 1 }, { minMembers: 5 }), ['too-few-members']],
  ['enough members', check({ unchanged: 3, upserts: 2 }, { minMembers: 5 }), []],
  ['tagged ones are members', check({ unchanged: 3, tagged: 2 }, { minMembers: 5 }), []],
  ['too many members', check({ unchanged: 3, upserts: 3 }, { maxMembers: 5 }), ['too-many-members']],
  ['new contacts without a limit', check({ upserts: 9, joined: 9 }), []],
  ['too many new contacts', check({ upserts: 9, joined: 9 }, { maxNewContacts: 8 }), ['new-contacts']],
  ['an empty source, every guard off', check({ unchanged: 0, known: 1 }, off, { read: 0 }), ['source-empty']],
  ['an empty source of a first run, every guard off', check({ unchanged: 0 }, off, { read: 0 }, true), []],
  [
    'only invalid rows, every guard off',
    check({ unchanged: 0, known: 1 }, off, { invalid: 10 }),
    ['source-empty'],
  ],
])('%s', (_, findings, codes) => {
  expect(findings.map(({ code }) => code)).toEqual(codes);
});

test('a finding gives its figures', () => {
  expect(check({ known: 80, leaves: 21 })[0]?.message).toBe(
    '21 of 80 contacts would lose markers (26.3 %); allowed are 20 %.',
  );
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { contactRequest } from '../../shared/adapters/omnisend/contacts.ts';
import { exportDefinition } from '../../shared/domain/definition.ts';
import { customerId } from '../../shared/domain/ids.ts';
import { matchProfile } from '../../shared/domain/matching.ts';
import { upsertOf } from '../adapters/omnisend/changes.ts';

const definition = exportDefinition.parse({
  id: 'newsletter',
  displayName: 'Newsletter',
  connection: 'brand-eu',
  segments: ['Newsletter'],
  matching: { email: 'EMail', phone: 'Phone' },
  consent: { status: 'Consent', changedAt: 'ConsentAt' },
  onEmpty: 'clear',
});

const statuses = new Map([
  ['yes', 'subscribed'],
  ['1', 'subscribed'],
  ['no', 'unsubscribed'],
  ['opt-out', 'unsubscribed'],
]);

const moment = fc
  .date({ min: new Date('1985-01-01T00:00:00Z'), max: new Date('2105-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
const zoned = fc
  .tuple(moment, fc.constantFrom('+14:00', '-12:00', '+05:30'))
  .map(([time, zone]) => time.replace('Z', zone));
/** Moments, what only looks like one, and anything else. */
const time = fc.oneof(
  { weight: 4, arbitrary: moment },
  { weight: 2, arbitrary: zoned },
  moment.map((text) => text.slice(0, 10)),
  moment.map((text) => text.slice(0, -1)),
  fc.constantFrom('', 'now', '9999-12-31T00:00:00Z', undefined),
  fc.anything(),
);
const status = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...statuses.keys()) },
  fc.constantFrom('nonSubscribed', 'nonsubscribed', '', null),
  fc.anything(),
);
const profile = fc
  .record({
    Consent: status,
    ConsentAt: time,
    Phone: fc.constantFrom('+442079460958', undefined),
    changedAt: fc.option(
      moment.map((text) => Date.parse(text)),
      { nil: undefined },
    ),
  })
  .map(({ changedAt, ...values }) => ({
    customerId: customerId.parse('c1'),
    values: { EMail: 'ada@example.com', ...values },
    ...(changedAt !== undefined && { changedAt }),
  }));

it('sends no status without the true time of its change, and never another status than the two', () => {
  let sent = 0;
  fc.assert(
    fc.property(profile, fc.boolean(), fc.boolean(), (given, sendWelcomeMessage, withoutPhone) => {
      const matched = matchProfile(given, [0], definition);
      if (matched.kind !== 'row') throw new Error('Consent decided about the person.');
      const options = { sendWelcomeMessage, withoutPhone };
      const request = contactRequest(upsertOf(matched.row.contact), options);
      const text = JSON.stringify(request);
      expect(text).not.toContain('nonSubscribed');
      expect(request.identifiers.map((one) => one.sendWelcomeMessage)).toEqual(
        request.identifiers.map(() => sendWelcomeMessage),
      );
      const channels = request.identifiers.flatMap((one) => one.channels ?? []);
      const { Consent, ConsentAt } = given.values;
      if (channels.length === 0) {
        expect(text).not.toContain('status');
        const isAsked = typeof Consent === 'string' && statuses.has(Consent);
        if (isAsked) expect(matched.leftOut.map(({ field }) => field)).toEqual(['consent']);
        return;
      }
      sent += 1;
      expect(matched.leftOut).toEqual([]);
      const { email } = channels[0] ?? {};
      const changedAt = Date.parse(String(ConsentAt));
      expect(channels).toHaveLength(1);
      expect(email?.statusChangedAt).toBe(new Date(changedAt).toISOString());
      // As text: other values of the column, such as `true`, mean a status too.
      if (typeof Consent === 'string' && statuses.has(Consent))
        expect(email?.status).toBe(statuses.get(Consent));
      expect(['subscribed', 'unsubscribed']).toContain(email?.status);
      expect(String(ConsentAt)).toMatch(/T.*(Z|[+-]\d\d:\d\d)$/);
      expect(changedAt).toBeLessThan((given.changedAt ?? Date.parse('2100-01-01T00:00:00Z')) + 1_000);
    }),
    { numRuns: 3_000 },
  );
  expect(sent).toBeGreaterThan(100);
});

it('sends none at all without a mapping', () => {
  const { consent: _, ...unmapped } = definition;
  fc.assert(
    fc.property(profile, (given) => {
      const matched = matchProfile(given, [0], unmapped);
      if (matched.kind !== 'row') throw new Error('Consent decided about the person.');
      expect(matched.leftOut).toEqual([]);
      const request = contactRequest(upsertOf(matched.row.contact), {
        sendWelcomeMessage: false,
        withoutPhone: false,
      });
      expect(JSON.stringify(request)).not.toMatch(/channels|status/);
    }),
  );
});

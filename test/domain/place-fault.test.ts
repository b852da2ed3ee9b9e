import { expect, test } from 'vitest';
import { exportDefinition } from '../../shared/domain/definition.ts';
import { placeFault } from '../../shared/domain/place-fault.ts';

const definition = exportDefinition.parse({
  id: 'weekly',
  displayName: 'Weekly news',
  connection: 'brand-eu',
  segments: ['VIP', 'High_value'],
  matching: { email: 'Email', firstName: 'FirstName' },
  customProperties: { tier: { from: 'Loyalty_Tier' } },
  consent: { status: 'EmailConsent', changedAt: 'EmailConsentChangedAt' },
});

test.each([
  ['High_value', 'segments[1]'],
  ['FirstName', 'matching.firstName'],
  ['Loyalty_Tier', 'customProperties.tier.from'],
  ['EmailConsentChangedAt', 'consent.changedAt'],
  ['role', 'role'],
])('a fault of %s is one of %s', (field, place) => {
  const fault = { field, message: 'It is gone.', remedy: 'Name another.' };
  expect(placeFault(definition, fault)).toEqual({ ...fault, field: place });
});

import { connectionDefinition, exportDefinition } from '../../shared/domain/definition.ts';
import { savedConnectionOf } from './saved.ts';

/** What the sandbox exports: the generator's columns, matched in full. */
export const sandboxConnection = savedConnectionOf(
  connectionDefinition.parse({ id: 'sandbox-brand', displayName: 'Sandbox Brand A' }),
  'omnisend-sandbox-brand',
);

export const sandboxExport = exportDefinition.parse({
  id: 'newsletter',
  displayName: 'Newsletter to Omnisend',
  connection: sandboxConnection.definition.id,
  segments: ['Newsletter_subscribers', 'High_value'],
  matching: {
    email: 'Email',
    firstName: 'FirstName',
    lastName: 'LastName',
    address: 'StreetAddress',
    city: 'City',
    state: 'State',
    postalCode: 'PostCode',
    country: 'Country',
    phone: 'Telephone',
    birthdate: 'DateOfBirth',
    gender: 'Gender',
  },
  customProperties: {
    loyalty_tier: { from: 'Loyalty_Tier', type: 'string' },
    reward_points: { from: 'RewardPoints', type: 'number' },
  },
  schedule: 'off',
});

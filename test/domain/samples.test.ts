import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { exportDefinition } from '../../shared/domain/definition.ts';
import { normaliseEmail } from '../../shared/domain/email.ts';
import { customerId } from '../../shared/domain/ids.ts';
import { columnsOf, type Matched, matchProfile } from '../../shared/domain/matching.ts';

/** Microsoft's tutorial data (CC BY 4.0) lies beside the checkout, where it lies at all. */
const folder = new URL('../../../shared/samples/contoso/', import.meta.url);
const isThere = existsSync(folder);

const records = (file: string): readonly Record<string, string>[] =>
  z
    .array(z.record(z.string(), z.string()))
    .parse(
      parse(readFileSync(new URL(file, folder)), { bom: true, columns: (names) => names.map(asColumn) }),
    );
/** As Customer Insights spells a column: `Loyalty Tier` → `Loyalty_Tier`. */
const asColumn = (name: string): string => name.replaceAll(' ', '_');

const common = { displayName: 'Sample', connection: 'brand', segments: ['All'] };
const names = { email: 'EMail', firstName: 'FirstName', lastName: 'LastName' };
const cases = [
  {
    file: 'Contact.txt',
    rows: 4_998,
    definition: exportDefinition.parse({
      ...common,
      id: 'contacts',
      matching: {
        ...names,
        address: 'StreetAddress',
        city: 'City',
        state: 'State',
        postalCode: 'PostCode',
        country: 'Country',
        phone: 'Telephone',
        birthdate: 'DateOfBirth',
        gender: 'Gender',
      },
      customProperties: { tier: { from: 'Loyalty_Tier' }, income: { from: 'Income', type: 'number' } },
    }),
    countryCode: 'US',
    birthdates: 0,
  },
  {
    file: 'Customer-Loyalty.txt',
    rows: 5_000,
    definition: exportDefinition.parse({
      ...common,
      id: 'loyalty',
      matching: { ...names, phone: 'Telephone', birthdate: 'DateOfBirth', gender: 'Gender' },
      customProperties: {
        points: { from: 'RewardPoints', type: 'number' },
        card: { from: 'CreditCard', type: 'boolean' },
        created: { from: 'CreatedOn', type: 'date' },
      },
    }),
    countryCode: undefined,
    birthdates: 5_000,
  },
];

describe.skipIf(!isThere)(
  `sample profiles${isThere ? '' : ' (skipped: no samples beside the checkout)'}`,
  () => {
    it.each(cases)('$file: every row is matched', ({ file, rows, definition, countryCode, birthdates }) => {
      const profiles = records(file);
      expect(Object.keys(profiles[0] ?? {})).toEqual(expect.arrayContaining([...columnsOf(definition)]));
      const matched: readonly Matched[] = profiles.map((values, place) =>
        matchProfile({ customerId: customerId.parse(`c${place}`), values }, [0], definition),
      );
      const found = matched.filter((answer) => answer.kind === 'row');
      expect(found).toHaveLength(rows);
      for (const { row } of found) {
        expect(normaliseEmail(row.contact.email)).toEqual({ kind: 'ok', email: row.contact.email });
        expect(row.contact.countryCode).toBe(countryCode);
        expect(row.contact.gender).toMatch(/^[mf]$/);
        if (row.contact.phone !== undefined) expect(row.contact.phone).toMatch(/^\+[1-9]\d{7,14}$/);
      }
      expect(found.filter(({ row }) => row.contact.birthdate !== undefined)).toHaveLength(birthdates);

      const phones = found.filter(({ row }) => row.contact.phone !== undefined).length;
      const leftOut = found
        .flatMap((answer) => answer.leftOut)
        .map(({ field, reason }) => `${field}:${reason}`);
      const phonesLeftOut = leftOut.filter((text) => text === 'phone:phone-malformed').length;
      expect(phones).toBeGreaterThan(0);
      expect(phones + phonesLeftOut).toBe(rows);
      expect(phonesLeftOut).toBeGreaterThan(rows / 2);
      expect(leftOut.filter((text) => !text.startsWith('phone:'))).toHaveLength(rows - birthdates);
    });
  },
);

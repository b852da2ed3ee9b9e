import { z } from 'zod';
import { type ExportDefinition, exportDefinition } from '../../shared/domain/definition.ts';
import { customerId } from '../../shared/domain/ids.ts';
import { columnsOf } from '../../shared/domain/matching.ts';
import type { MemoryContact } from '../memory/memory-brand.ts';
import { type MemoryPopulation, populationOf } from '../memory/memory-population.ts';
import { createPopulation } from '../sandbox/generator/population.ts';
import { SEGMENT_NAMES } from '../sandbox/generator/segments.ts';
import { createTruth, type Truth } from '../sandbox/generator/truth.ts';

export const newsletter: ExportDefinition = exportDefinition.parse({
  id: 'newsletter',
  displayName: 'Newsletter',
  connection: 'brand-a',
  segments: ['Newsletter_subscribers', 'High_value'],
  matching: {
    email: 'Email',
    firstName: 'FirstName',
    lastName: 'LastName',
    city: 'City',
    country: 'Country',
    birthdate: 'DateOfBirth',
  },
  customProperties: { loyalty_tier: { from: 'Loyalty_Tier' } },
  schedule: 'off',
});

/** Fields that `newsletter` matches, in the words of the truth. */
const matched = ['firstName', 'lastName', 'city', 'country', 'countryCode', 'birthdate'] as const;

export interface People {
  readonly population: MemoryPopulation;
  /** Written beside the code under test: what an export of these people must come to. */
  readonly truth: Truth;
}

const segmentsIn = z.object({ Segments: z.array(z.string()) });
const made = new Map<string, People>();

/** Generated people with duplicates, invalid addresses and missing profiles, as they are on a day (from 1). */
export const peopleOf = (rows: number, day = 1, seed = 11): People => {
  const name = `${rows}/${day}/${seed}`;
  const known = made.get(name);
  if (known !== undefined) return known;
  const generated = createPopulation({ seed, rows, day });
  const places = Array.from({ length: generated.size }, (_, place) => place);
  const population = populationOf({
    segments: SEGMENT_NAMES,
    columns: columnsOf(newsletter),
    members: places.flatMap((place) =>
      generated.memberships(place).map((row) => ({
        customerId: customerId.parse(row.msdynci_customerid),
        segments: segmentsIn.parse(JSON.parse(row.msdynci_segments)).Segments,
      })),
    ),
    profiles: places.flatMap((place) => {
      const profile = generated.profile(place);
      if (profile === null) return [];
      const cells = new Map(Object.entries(profile));
      return [
        {
          customerId: customerId.parse(profile.msdynci_customerid),
          values: Object.fromEntries(
            columnsOf(newsletter).map((column) => [column, cells.get(`msdynci_${column.toLowerCase()}`)]),
          ),
          changedAt: Date.parse(profile.msdynci_modifiedon),
        },
      ];
    }),
  });
  const people = { population, truth: createTruth(generated, newsletter.segments) };
  made.set(name, people);
  return people;
};

/** Nobody is in any segment. */
export const nobody: MemoryPopulation = populationOf({
  members: [],
  profiles: [],
  segments: SEGMENT_NAMES,
  columns: columnsOf(newsletter),
});

/**
 * What the brand must hold after these days, one after the other: fields are only ever added or changed, and a marker
 * that was set once is taken back to `false`.
 */
export const expectedContacts = (days: readonly Truth[]): ReadonlyMap<string, MemoryContact> => {
  const contacts = new Map<string, MemoryContact>();
  for (const truth of days) {
    const members = new Map([...truth.contacts()].map((contact) => [contact.email, contact]));
    for (const email of new Set([...members.keys(), ...contacts.keys()])) {
      const before = contacts.get(email);
      const member = members.get(email);
      const fields: Record<string, string> = { ...before?.fields };
      for (const field of matched) {
        const value = member?.fields[field];
        if (value !== undefined) fields[field] = value;
      }
      const properties = { ...before?.properties };
      const tier = member?.fields.customProperties?.loyalty_tier;
      if (tier !== undefined) properties.loyalty_tier = tier;
      for (const segment of newsletter.segments) {
        const marker = `segment_${segment}`;
        if (member?.segments[segment] === true) properties[marker] = true;
        else if (properties[marker] === true) properties[marker] = false;
      }
      contacts.set(email, { fields, properties });
    }
  }
  return contacts;
};

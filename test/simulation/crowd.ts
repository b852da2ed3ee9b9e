import { hash } from 'node:crypto';
import { type ExportDefinition, exportDefinition } from '../../shared/domain/definition.ts';
import { customerId } from '../../shared/domain/ids.ts';
import { type MemoryPopulation, populationOf } from '../memory/memory-population.ts';
import { fixedShare } from '../sandbox/omnisend/chance.ts';

const guards = { maxLeaveShare: 1, maxInvalidShare: 1, minMembers: 0 };

/** Two exports of one brand that share people, and no field: each is told apart in what the brand holds. */
export const newsletter: ExportDefinition = exportDefinition.parse({
  id: 'newsletter',
  displayName: 'Newsletter',
  connection: 'brand-a',
  segments: ['Newsletter'],
  matching: { email: 'Email', firstName: 'FirstName' },
  schedule: 'off',
  guards,
});
export const vip: ExportDefinition = exportDefinition.parse({
  id: 'vip',
  displayName: 'Very important',
  connection: 'brand-a',
  segments: ['Vip'],
  matching: { email: 'Email' },
  customProperties: { vip_tier: { from: 'Tier' } },
  markerPrefix: 'vip_',
  schedule: 'off',
  guards,
});

/** A member of an export's segment as Omnisend must come to hold them: `value` is the field that changes by day. */
interface Member {
  readonly email: string;
  readonly value: string;
}

export interface Day {
  readonly population: MemoryPopulation;
  /** Distinct customers of the export's segment. */
  readonly customers: (definition: ExportDefinition) => number;
  /** Who must be told to Omnisend, by address; of several profiles of one address one. */
  readonly members: (definition: ExportDefinition) => ReadonlyMap<string, Member>;
}

interface Person {
  readonly id: string;
  readonly email: string;
  readonly value: string;
  readonly changedAt: number;
  readonly segments: readonly string[];
  readonly isValid: boolean;
  readonly isSecond: boolean;
}

/** So many people on a day (from 1): some join, leave or change each day; a few are duplicates, or have no address. */
export const crowdOf = (seed: number, size: number, day: number): Day => {
  const share = (purpose: string, place: number): number => fixedShare(seed, purpose, String(place));
  const on = (purpose: string, place: number, most: number): boolean =>
    fixedShare(seed, `${purpose} ${day}`, String(place)) < most;
  const latestChange = (place: number): number => {
    for (let at = day; at > 1; at -= 1) if (fixedShare(seed, `change ${at}`, String(place)) < 0.5) return at;
    return 1;
  };
  const personAt = (place: number): Person => {
    const isSecond = place > 0 && share('second', place) < 0.04 && share('second', place - 1) >= 0.04;
    const of = isSecond ? place - 1 : place;
    return {
      id: `${'ab'[place % 2]}${hash('sha256', `${seed}/${place}`).slice(1, 32)}`,
      email: `p${of}@example.com`,
      value: `Day${latestChange(of)}`,
      // The second profile of an address is the older one, so the first gives the fields.
      changedAt: Date.UTC(2026, 0, isSecond ? 1 : 2),
      segments: [
        ...(on('newsletter', of, 0.88) ? ['Newsletter'] : []),
        ...(on('vip', of, 0.45) ? ['Vip'] : []),
      ],
      isValid: share('valid', of) >= 0.03,
      isSecond,
    };
  };
  const people = Array.from({ length: size }, (_, place) => personAt(place));
  const inSegment = ({ segments: [name = ''] }: ExportDefinition): readonly Person[] =>
    people.filter(({ segments }) => segments.includes(name));
  return {
    population: populationOf({
      segments: ['Newsletter', 'Vip'],
      columns: ['Email', 'FirstName', 'Tier'],
      members: people.map(({ id, segments }) => ({ customerId: customerId.parse(id), segments })),
      profiles: people.map(({ id, email, value, changedAt, isValid }) => ({
        customerId: customerId.parse(id),
        values: { Email: isValid ? email : 'nobody', FirstName: value, Tier: value },
        changedAt,
      })),
    }),
    customers: (definition) => inSegment(definition).length,
    members: (definition) =>
      new Map(
        inSegment(definition)
          .filter(({ isValid, isSecond }) => isValid && !isSecond)
          .map(({ email, value }) => [email, { email, value }]),
      ),
  };
};

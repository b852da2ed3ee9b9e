import type { ExpectedContact, HeldContact } from './outside.ts';

export interface Comparison {
  /** Contacts that Omnisend holds as the generator says, field by field. */
  readonly right: number;
  /** People who left: known to Omnisend, every marker false. */
  readonly left: number;
  readonly wrong: readonly string[];
}

const maxExamples = 5;

const scalars = [
  'firstName',
  'lastName',
  'address',
  'city',
  'state',
  'postalCode',
  'countryCode',
  'birthdate',
  'gender',
] as const;

export type Expected = ReadonlyMap<string, ExpectedContact>;

export async function collect(expected: AsyncIterable<ExpectedContact>): Promise<Expected> {
  const contacts = new Map<string, ExpectedContact>();
  for await (const contact of expected) contacts.set(contact.email, contact);
  return contacts;
}

interface Also {
  /** Addresses that must not be there, as Omnisend refused them. */
  readonly absent?: ReadonlySet<string>;
  /** What was expected the day before: a value that became empty since is left as it was. */
  readonly before?: Expected;
}

/**
 * Holds what Omnisend has against what the generator says. Everything must be there, everything in it right, and
 * nothing besides but people who left.
 */
export async function compare(
  expected: Expected,
  held: AsyncIterable<HeldContact>,
  { absent = new Set(), before = new Map() }: Also = {},
): Promise<Comparison> {
  const wanted = new Map([...expected].filter(([email]) => !absent.has(email)));
  let right = 0;
  let left = 0;
  const wrong: string[] = [];
  const tell = (customer: string, what: string): void => {
    wrong.push(`${customer}: ${what}`);
  };
  for await (const contact of held) {
    const one = wanted.get(contact.email);
    if (one !== undefined) {
      wanted.delete(contact.email);
      const faults = differences(one, contact, before.get(contact.email));
      if (faults.length === 0) right += 1;
      else tell(one.customerID, `differs in ${faults.join(', ')}`);
    } else if (hasLeft(contact)) left += 1;
    else tell('a contact', 'is in Omnisend but not in the segments');
  }
  for (const contact of wanted.values()) tell(contact.customerID, 'is missing in Omnisend');
  return { right, left, wrong: wrong.slice(0, maxExamples) };
}

const hasLeft = (contact: HeldContact): boolean => {
  const markers = Object.entries(contact.customProperties).filter(([name]) => name.startsWith('segment_'));
  return markers.length > 0 && markers.every(([, value]) => value === false);
};

function differences(
  { fields, segments }: ExpectedContact,
  held: HeldContact,
  before: ExpectedContact | undefined,
): string[] {
  const wanted = (field: string): unknown => fields[field] ?? before?.fields[field];
  const faults: string[] = scalars.filter((field) => wanted(field) !== (held[field] ?? undefined));
  // A known country is held as its code; Omnisend shows the name with it.
  if (wanted('countryCode') === undefined && wanted('country') !== held.country) faults.push('country');
  if (wanted('phone') !== held.phone[0]) faults.push('phone');
  for (const name of ['loyalty_tier', 'reward_points']) {
    const value = fields.customProperties?.[name] ?? before?.fields.customProperties?.[name];
    if (value !== held.customProperties[name]) faults.push(name);
  }
  for (const [segment, isMember] of Object.entries(segments)) {
    if ((held.customProperties[`segment_${segment}`] ?? false) !== isMember)
      faults.push(`segment_${segment}`);
  }
  return faults;
}

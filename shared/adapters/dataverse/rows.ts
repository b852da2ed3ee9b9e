import { z } from 'zod';
import type { Membership, Profile } from '../../domain/contact.ts';
import { customerId } from '../../domain/ids.ts';
import { logicalName, modifiedColumn } from './names.ts';

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const segmentsText = z.object({ Segments: z.array(z.string()) });

/**
 * The names in a membership's text `{"Segments":["HighValue"]}`, also where it was stored with its quotes escaped or
 * as JSON in JSON; `undefined` where it cannot be read.
 */
const segmentNames = (text: string): readonly string[] | undefined => {
  const outer = jsonOf(text) ?? jsonOf(text.replaceAll('\\"', '"'));
  const value = typeof outer === 'string' ? jsonOf(outer) : outer;
  return segmentsText.safeParse(value).data?.Segments;
};

const membershipRow = z.object({ msdynci_customerid: customerId, msdynci_segments: z.string().nullish() });

export interface Memberships {
  readonly memberships: readonly Membership[];
  readonly oddMemberships: number;
}

/** Rows that are in none of `segments` are passed over: the filter takes case and wildcards lightly. */
export const membershipsOf = (rows: readonly unknown[], segments: readonly string[]): Memberships => {
  const positions = new Map(segments.map((segment, position) => [segment, position]));
  const memberships: Membership[] = [];
  let oddMemberships = 0;
  for (const row of rows) {
    const parsed = membershipRow.safeParse(row);
    if (!parsed.success) {
      oddMemberships += 1;
      continue;
    }
    const text = parsed.data.msdynci_segments ?? '';
    const names = segmentNames(text);
    // A text that cannot be read but speaks of a wanted segment is not to be passed over in silence.
    if (names === undefined && segments.some((segment) => text.includes(segment))) oddMemberships += 1;
    const found = new Set((names ?? []).flatMap((name) => positions.get(name) ?? []));
    if (found.size === 0) continue;
    memberships.push({
      customerId: parsed.data.msdynci_customerid,
      segments: [...found].sort((a, b) => a - b),
    });
  }
  return { memberships, oddMemberships };
};

const profileRow = z.looseObject({ msdynci_customerid: customerId });

const changedAt = (value: unknown): { readonly changedAt?: number } => {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? {} : { changedAt: time };
};

/** Profiles with their values under the names that the definition uses. One without an id is nobody's: its member has none. */
export const profilesOf = (rows: readonly unknown[], columns: readonly string[]): readonly Profile[] => {
  const names = columns.map((column) => [column, logicalName(column)] as const);
  const profiles: Profile[] = [];
  for (const row of rows) {
    const parsed = profileRow.safeParse(row);
    if (!parsed.success) continue;
    const { data } = parsed;
    const values = Object.fromEntries(
      names.flatMap(([column, name]) => (data[name] === undefined ? [] : [[column, data[name]]])),
    );
    profiles.push({ customerId: data.msdynci_customerid, values, ...changedAt(data[modifiedColumn]) });
  }
  return profiles;
};

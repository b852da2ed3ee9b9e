import { guid, hex128, SALT, share } from './random.ts';

/** Share of customers in each segment, drawn independently, so that segments overlap. */
const SHARES = {
  Newsletter_subscribers: 0.7,
  High_value: 0.2,
  // Names that a case-insensitive filter with `_` as wildcard, or a substring, confuses with others.
  VIP: 0.02,
  VIP_2: 0.02,
  VIP12: 0.02,
  high_value: 0.01,
  Newsletter_subscribers_old: 0.1,
} as const;

export const SEGMENT_NAMES: readonly string[] = Object.keys(SHARES);

/** One bit per segment, in the order of `SEGMENT_NAMES`. */
export function maskOf(segments: readonly string[]): number {
  return SEGMENT_NAMES.reduce((mask, name, bit) => (segments.includes(name) ? mask | (1 << bit) : mask), 0);
}

export function namesIn(mask: number): string[] {
  return SEGMENT_NAMES.filter((_, bit) => (mask & (1 << bit)) !== 0);
}

const PARTS = Object.values(SHARES);

export function drawMask(seed: number, index: number): number {
  let mask = 0;
  PARTS.forEach((part, bit) => {
    if (share(seed, index, SALT.segments + bit) < part) mask |= 1 << bit;
  });
  return mask;
}

/** A row of `msdynci_segmentmemberships`. */
export type Membership = {
  readonly msdynci_segmentmembershipid: string;
  readonly msdynci_customerid: string;
  readonly msdynci_segmentprovider: string;
  readonly msdynci_segmentmembershiptype: 'Customer';
  readonly msdynci_identifier: string;
  /** `{"Segments":["VIP","VIP_2"]}` */
  readonly msdynci_segments: string;
};

const textOfMask = new Map<number, string>();

function segmentsText(mask: number): string {
  const known = textOfMask.get(mask);
  if (known !== undefined) return known;
  const text = JSON.stringify({ Segments: namesIn(mask) });
  textOfMask.set(mask, text);
  return text;
}

const MULTIPLE_ROWS_SHARE = 0.03;

/** The identifier holds provider, type and a name, so a customer may have several rows; who left has an emptied row or none. */
export function membershipRows(
  seed: number,
  index: number,
  customerID: string,
  mask: number,
  left: boolean,
): Membership[] {
  if (mask === 0) return [];
  const row = (provider: string, name: string, rowMask: number, salt: number): Membership => ({
    msdynci_segmentmembershipid: guid(hex128(seed, index, SALT.membershipID + salt)),
    msdynci_customerid: customerID,
    msdynci_segmentprovider: provider,
    msdynci_segmentmembershiptype: 'Customer',
    msdynci_identifier: `${customerID}|${provider}|Customer|${name}`,
    msdynci_segments: segmentsText(rowMask),
  });
  if (left) return share(seed, index, SALT.leaverRow) < 0.5 ? [] : [row('CustomerInsights', 'Default', 0, 0)];
  if (share(seed, index, SALT.membershipRows) >= MULTIPLE_ROWS_SHARE) {
    return [row('CustomerInsights', 'Default', mask, 0)];
  }
  // The second row repeats the lowest segment of the first, so that only a union without repetition is right.
  const lowest = mask & -mask;
  const rest = mask === lowest ? mask : mask ^ lowest;
  return [
    row('CustomerInsights', 'Default', lowest, 0),
    row('Journeys', 'Extended', rest | (index % 2 === 0 ? lowest : 0), 4),
  ];
}

import { type CustomerOrder, createCustomerOrder } from './customer-order.ts';
import { type Draft, draftOf, type Profile } from './draft.ts';
import { draw, hex128, SALT, share } from './random.ts';
import { drawMask, type Membership, membershipRows } from './segments.ts';
import { type History, historyOf, sizeOn } from './timeline.ts';

export type PopulationOptions = {
  readonly seed: number;
  /** Customers on day 1, at most about eight millions. */
  readonly rows: number;
  /** From 1. */
  readonly day: number;
};

/** Customers by index, 0 to `size` - 1; nothing is kept but, once asked for, the order by customer id. */
export type Population = PopulationOptions & {
  readonly size: number;
  customerID(index: number): string;
  history(index: number): History;
  /** null for a customer whose memberships point at no profile. */
  profile(index: number): Profile | null;
  memberships(index: number): readonly Membership[];
  /** The segments of the customer on this day, one bit each (`maskOf`). */
  segmentMask(index: number): number;
  /** All customers with the e-mail address of this one, in ascending order, itself among them. */
  sameEmail(index: number): readonly number[];
  /** The profile with its truth; null for a customer without profile. */
  draft(index: number): Draft | null;
  order(): CustomerOrder;
};

export const NO_PROFILE_SHARE = 0.001;
/** In every block so many customers long, the first two or three share an address: 0.5 % of all. */
const BLOCK = 500;

export function createPopulation(options: PopulationOptions): Population {
  const { seed, day } = options;
  const size = sizeOn(options, day);
  const history = (index: number) => historyOf(options, index, day);
  const idSalt = (merges: number) => SALT.customerID + 4 * merges;
  const customerID = (index: number) => hex128(seed, index, idSalt(history(index).merges));

  const sharers = (index: number): readonly number[] => {
    const first = index - (index % BLOCK);
    const last = first + 1 + (draw(seed, first, SALT.duplicates) % 2);
    if (index > last || first + 1 >= size) return [index];
    return last < size ? [first, first + 1, last].slice(0, last - first + 1) : [first, first + 1];
  };

  const draft = (index: number): Draft | null => {
    if (share(seed, index, SALT.noProfile) < NO_PROFILE_SHARE) return null;
    const past = history(index);
    const same = sharers(index);
    const id = hex128(seed, index, idSalt(past.merges));
    return draftOf(seed, index, same[0] ?? index, same.length > 1, id, past);
  };

  let order: CustomerOrder | undefined;
  return {
    ...options,
    size,
    customerID,
    history,
    draft,
    sameEmail: sharers,
    profile: (index) => draft(index)?.profile ?? null,
    segmentMask: (index) => (history(index).left ? 0 : drawMask(seed, index)),
    memberships(index) {
      const past = history(index);
      const id = hex128(seed, index, idSalt(past.merges));
      return membershipRows(seed, index, id, drawMask(seed, index), past.left);
    },
    order() {
      order ??= createCustomerOrder(
        size,
        (index) => draw(seed, index, idSalt(history(index).merges)),
        customerID,
      );
      return order;
    },
  };
}

import {
  ABSENT,
  type Cell,
  type LeftOutReason,
  longTailedCell,
  numberLikeCell,
  textCell,
  value,
} from './cell.ts';
import { type EmailCell, emailCell } from './email.ts';
import { birthdateCell, countryCell, genderCell, phoneCell } from './fields.ts';
import { PLACES } from './places.ts';
import { draw, guid, hex128, pick, pickSkewed, SALT, share } from './random.ts';
import type { History } from './timeline.ts';
import { FIRST_NAMES, LAST_NAMES, STREETS } from './words.ts';

/** A row of `msdynci_customerprofiles`. */
export type Profile = {
  readonly msdynci_customerprofileid: string;
  readonly msdynci_customerid: string;
  readonly msdynci_email: string | null;
  readonly msdynci_firstname: string | number | null;
  readonly msdynci_lastname: string | number | null;
  readonly msdynci_streetaddress: string | number | null;
  readonly msdynci_city: string | number | null;
  readonly msdynci_state: string | number | null;
  readonly msdynci_postcode: string | number | null;
  readonly msdynci_country: string | number | null;
  readonly msdynci_telephone: string | number | null;
  readonly msdynci_dateofbirth: string | number | null;
  readonly msdynci_gender: string | number | null;
  readonly msdynci_loyalty_tier: string | number | null;
  readonly msdynci_rewardpoints: string | number | null;
  /** ISO 8601, UTC, whole seconds. */
  readonly msdynci_modifiedon: string;
};

/** What Omnisend must hold; an absent field is an absent property. */
export type ContactFields = {
  firstName?: string;
  lastName?: string;
  address?: string;
  city?: string;
  state?: string;
  postalCode?: string;
  country?: string;
  countryCode?: string;
  phone?: string;
  birthdate?: string;
  gender?: 'f' | 'm';
  customProperties?: { loyalty_tier?: string; reward_points?: number };
};

export type LeftOut = { readonly field: keyof ContactFields; readonly reason: LeftOutReason };

/** A profile and, made in the same act, what must become of it. */
export type Draft = {
  readonly profile: Profile;
  readonly email: EmailCell['truth'];
  readonly fields: ContactFields;
  readonly leftOut: readonly LeftOut[];
};

const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.UTC(2026, 2, 1);

function modifiedOn(seed: number, person: number, history: History): string {
  const secondsBack = draw(seed, person, SALT.modifiedOn) % (400 * 86_400);
  const ms =
    history.touchedOn === 1
      ? FIRST_DAY_MS - secondsBack * 1_000
      : FIRST_DAY_MS + (history.touchedOn - 1) * DAY_MS + (secondsBack % 86_400) * 1_000;
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** @param person  the customer, or the first customer who has the same e-mail address */
export function draftOf(
  seed: number,
  index: number,
  person: number,
  shared: boolean,
  customerID: string,
  history: History,
): Draft {
  const number = (salt: number) => draw(seed, index, salt);
  const unit = (salt: number) => share(seed, index, salt);
  // Half of the shared addresses have profiles changed at the same second, so that the tie rule is needed.
  const tied = shared && share(seed, person, SALT.group) < 0.5;

  const place = pickSkewed(PLACES, unit(SALT.country));
  const [city, state] = pick(place.cities, number(SALT.city) + history.cityVersion);
  const email = emailCell(person, shared, unit(SALT.email), number(SALT.emailForm));
  const country = countryCell(place, unit(SALT.countryForm), number(SALT.countryForm));
  const countryKnown = country.truth.kind === 'value' && 'countryCode' in country.truth.value;
  // Up to 1.3 million people, with up to six numbers each over the days, share none: Omnisend gives a number to one.
  const subscriber = String(2_000_000 + (((index * 6 + history.phoneVersion) * 7_919) % 8_000_000));
  const tier = pick([null, 'Bronze', 'Silver', 'Gold', 'Platin'], number(SALT.loyalty));
  const points = number(SALT.points) % 5_000;
  const givenName = pickSkewed(FIRST_NAMES, unit(SALT.firstName));
  const familyName = pickSkewed(LAST_NAMES, unit(SALT.lastName), history.nameVersion);
  const street = `${pickSkewed(STREETS, unit(SALT.street))} ${1 + (number(SALT.street) % 240)}`;
  const absent = { raw: null, truth: ABSENT };

  const cells = {
    firstName: textCell(givenName, unit(SALT.nameForm)),
    lastName: textCell(familyName, unit(SALT.lastNameForm)),
    address: longTailedCell(street, unit(SALT.streetForm)),
    city: longTailedCell(city, unit(SALT.cityForm)),
    state: state === null ? absent : value(state, state),
    postalCode: numberLikeCell(place.postcode(number(SALT.postcode)), unit(SALT.postcodeForm)),
    phone: phoneCell(place.numbers, countryKnown, subscriber, unit(SALT.phoneForm), number(SALT.phone)),
    birthdate: birthdateCell(unit(SALT.birthdateForm), number(SALT.birthdate)),
    gender: genderCell(unit(SALT.gender), number(SALT.gender)),
  } satisfies Partial<Record<keyof ContactFields, Cell<string>>>;

  const fields: ContactFields = {};
  const leftOut: LeftOut[] = [];
  const hold = <F extends keyof ContactFields>(field: F, cell: Cell<NonNullable<ContactFields[F]>>) => {
    if (cell.truth.kind === 'value') fields[field] = cell.truth.value;
    else if (cell.truth.kind === 'left-out') leftOut.push({ field, reason: cell.truth.reason });
  };
  hold('firstName', cells.firstName);
  hold('lastName', cells.lastName);
  hold('address', cells.address);
  hold('city', cells.city);
  hold('state', cells.state);
  hold('postalCode', cells.postalCode);
  if (country.truth.kind === 'value') Object.assign(fields, country.truth.value);
  hold('phone', cells.phone);
  hold('birthdate', cells.birthdate);
  hold('gender', cells.gender);
  const hasPoints = points % 10 !== 0;
  if (tier !== null || hasPoints) {
    fields.customProperties = {
      ...(tier === null ? {} : { loyalty_tier: tier }),
      ...(hasPoints ? { reward_points: points } : {}),
    };
  }

  const profile: Profile = {
    msdynci_customerprofileid: guid(hex128(seed, index, SALT.profileID + 1_000_000 * history.merges)),
    msdynci_customerid: customerID,
    msdynci_email: email.raw,
    msdynci_firstname: cells.firstName.raw,
    msdynci_lastname: cells.lastName.raw,
    msdynci_streetaddress: cells.address.raw,
    msdynci_city: cells.city.raw,
    msdynci_state: cells.state.raw,
    msdynci_postcode: cells.postalCode.raw,
    msdynci_country: country.raw,
    msdynci_telephone: cells.phone.raw,
    msdynci_dateofbirth: cells.birthdate.raw,
    msdynci_gender: cells.gender.raw,
    msdynci_loyalty_tier: tier,
    msdynci_rewardpoints: hasPoints ? points : null,
    msdynci_modifiedon: modifiedOn(seed, tied ? person : index, history),
  };
  return { profile, email: email.truth, fields, leftOut };
}

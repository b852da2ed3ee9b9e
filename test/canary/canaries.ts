import { seedKeys } from '../sandbox/omnisend/seeds.ts';

/**
 * Values that appear nowhere by themselves. Texts hold one odd word (not `canary`, which is in the paths of a
 * stack); numbers, dates and keys are as unmistakable. The telephone numbers are kept free for fiction: https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama
 */
export const secrets = {
  token: 'finchling-token',
  hash: 'finchling-hash-secret',
  key: seedKeys.full,
} as const;

/** A key begins with the id of its brand, which is no secret. */
const secretParts = Object.values(seedKeys).map((key) => new RegExp(key.slice(key.indexOf('-') + 1)));
/** Of keys alone: personal data has its places in storage, keys have none. */
export const keysIn = (text: string): readonly string[] =>
  secretParts.flatMap((part) => part.exec(text)?.[0] ?? []);

const signs = [/finchling/i, /7700\D*900/, /1903\D*07\D*19/, ...secretParts];

/** What a text gives away, read as it is and as a URL. */
export const canariesIn = (text: string): readonly string[] => {
  const decoded = text.replaceAll(/%[0-9A-F]{2}/gi, (code) =>
    String.fromCharCode(Number.parseInt(code.slice(1), 16)),
  );
  return signs.flatMap((sign) => sign.exec(text)?.[0] ?? sign.exec(decoded)?.[0] ?? []);
};

const ordinary = (email: string, phone: string) => ({
  msdynci_email: email,
  msdynci_firstname: 'Finchlingia',
  msdynci_lastname: 'Finchlingson',
  msdynci_streetaddress: '1 Finchling Street',
  msdynci_city: 'Finchlingville',
  msdynci_state: 'Finchlingstate',
  msdynci_postcode: 'FINCHLING1',
  msdynci_country: 'Finchlingland',
  msdynci_telephone: phone,
  msdynci_dateofbirth: '1903-07-19',
  msdynci_gender: 'female',
  msdynci_nickname: 'finchling nickname',
  msdynci_points: 12,
});

const customer = (digit: string, values: Readonly<Record<string, unknown>>) => ({
  msdynci_customerid: digit.repeat(32),
  ...values,
});

export const accepted = ordinary('finchling.accepted@example.com', '+447700900101');
export const refused = ordinary('finchling.refused@example.com', '+447700900102');
export const inConflict = ordinary('finchling.conflict@example.com', '+447700900103');

/** Each way that a row can go. */
export const customers = [
  customer('1', accepted),
  customer('2', refused),
  customer('3', inConflict),
  customer('4', accepted),
  customer('5', ordinary('finchling.malformed at example.com', '+447700900105')),
  customer('6', {
    ...ordinary('finchling.left.out@example.com', 'finchling telephone'),
    msdynci_dateofbirth: '1903-07-19 finchling',
    msdynci_gender: 'finchling gender',
    msdynci_points: 'finchling points',
    msdynci_city: 'finchling'.repeat(1_000),
  }),
  customer('7', { ...accepted, msdynci_email: null }),
] as const;

/** A vendor's words, with everything of a customer in them. */
export const echoOf = (values: Readonly<Record<string, unknown>>): string =>
  `Not possible for ${Object.values(values).join(', ')}.`;

/** An export that takes every column. */
export const definition = {
  id: 'newsletter',
  displayName: 'Newsletter',
  connection: 'brand-a',
  segments: ['VIP'],
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
    nickname: { from: 'Nickname', type: 'string' },
    points: { from: 'Points', type: 'number' },
  },
  schedule: 'off',
  guards: { maxInvalidShare: 1 },
} as const;

/** What Omnisend's OpenAPI document says in its descriptions only. */

type Format = { readonly name: string; readonly holds: (text: string) => boolean };

const matching = (name: string, pattern: RegExp): Format => ({ name, holds: (text) => pattern.test(text) });

const date: Format = {
  name: 'a date, YYYY-MM-DD',
  holds: (text) =>
    /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.slice(0, 10) === text,
};
const timestamp: Format = {
  name: 'an RFC 3339 timestamp',
  holds: (text) =>
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text) &&
    !Number.isNaN(Date.parse(text)),
};
const country = matching('an ISO 3166-1 alpha-2 code', /^[A-Z]{2}$/);
const email = matching('an e-mail address', /^[^\s@]+@[^\s@]+$/);
const phone = matching('an E.164 number', /^\+[1-9]\d{1,14}$/);
const batchState = matching('a state of a batch', /^(pending|inProgress|finished|stopped)$/);

/** By schema and property, or by operation and parameter. */
type Table<T> = Readonly<Record<string, Readonly<Record<string, T>>>>;

export const formats: Table<Format> = {
  ContactRequest: { birthdate: date, countryCode: country, createdAt: timestamp },
  ContactChannelRequest: { statusChangedAt: timestamp },
  ContactConsentRequest: { createdAt: timestamp },
  AddTagsRequest: { phones: phone },
  RemoveTagsRequest: { phones: phone },
  ContactResponse: {
    birthdate: date,
    countryCode: country,
    createdAt: timestamp,
    updatedAt: timestamp,
    phone,
  },
  Channel: { statusChangedAt: timestamp },
  ContactStatus: { statusChangedAt: timestamp },
  OptIn: { optInAt: timestamp },
  Consent: { createdAt: timestamp },
  Batch: { createdAt: timestamp, startedAt: timestamp, endedAt: timestamp, status: batchState },
  'GET /contacts': { updatedAtFrom: timestamp },
  'GET /batches': {
    dateFrom: date,
    dateTo: date,
    limit: matching('1 to 250', /^([1-9]|[1-9]\d|1\d\d|2[0-4]\d|250)$/),
    offset: matching('0 or more', /^\d+$/),
  },
};

type Value = Readonly<Record<string, unknown>>;

function identifierFault({ type, id, channels }: Value): string | undefined {
  const [wanted, channel] = type === 'phone' ? [phone, 'sms'] : [email, 'email'];
  if (typeof id === 'string' && !wanted.holds(id)) return `id: not ${wanted.name}`;
  if (channels === undefined) return undefined;
  const others = Object.keys(Object(channels)).filter((name) => name !== channel);
  return others.length > 0 ? `channels: other than ${channel}` : undefined;
}

const selectors = ['contactIDs', 'emails', 'phones', 'segmentID'];
const selectorFault = (body: Value): string | undefined =>
  selectors.some((name) => body[name] !== undefined && Object(body[name]).length !== 0)
    ? undefined
    : 'selects nobody';

/** Rules over more than one property, by schema. */
export const rules: Readonly<Record<string, (value: Value) => string | undefined>> = {
  ContactIdentifierRequest: identifierFault,
  AddTagsRequest: selectorFault,
  RemoveTagsRequest: selectorFault,
};

/** Query parameters that may not go together, by operation. */
export const conflicts: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'GET /contacts': [
    ['tag', 'status'],
    ['after', 'before'],
    ...['email', 'phone', 'status', 'segmentID', 'tag'].map((name) => ['updatedAtFrom', name] as const),
  ],
};

/** Where `null` is written although no type declares it. */
export const nulls: Table<string> = {
  // No string that Omnisend's descriptions allow would empty these; written only where a person chose to clear.
  ContactRequest: {
    birthdate: 'null clears a birthdate',
    countryCode: 'null clears a country code',
    gender: 'null clears a gender',
  },
  Paging: { next: 'null for a link that leads nowhere', previous: 'null for a link that leads nowhere' },
};

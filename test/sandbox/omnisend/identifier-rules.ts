import { type FieldFault, invalid, required } from './problems.ts';
import { isEmail, isInstant, isObject, isPhone, type JsonObject } from './rules.ts';

export type Status = 'subscribed' | 'nonSubscribed' | 'unsubscribed';

const isStatus = (value: unknown): value is Status =>
  value === 'subscribed' || value === 'nonSubscribed' || value === 'unsubscribed';

type ConsentWrite = {
  readonly source: string | undefined;
  readonly createdAt: string | undefined;
  readonly ip: string | undefined;
  readonly userAgent: string | undefined;
};

export type IdentifierWrite = {
  readonly id: string;
  readonly channel: { readonly status: Status; readonly statusChangedAt: string | undefined } | undefined;
  readonly consent: ConsentWrite | undefined;
  readonly sendWelcomeMessage: boolean;
};

type Rules = { readonly identifiersRequired: boolean; readonly strict: boolean };

const channelNames = { email: 'email', phone: 'sms' } as const;

/** Reads object members, noting the faults of those that do not hold under `path`. */
function membersOf(value: JsonObject, path: string, faults: FieldFault[]) {
  return {
    text(name: string, holds: (text: string) => boolean, message: string): string | undefined {
      const member = value[name];
      if (member === undefined) return undefined;
      if (typeof member === 'string' && holds(member)) return member;
      faults.push(invalid(`${path}.${name}`, message));
      return undefined;
    },
    refuseOthers(known: readonly string[]): void {
      for (const name of Object.keys(value)) {
        if (!known.includes(name)) faults.push(invalid(`${path}.${name}`, 'Unknown field'));
      }
    },
  };
}

const anyText = () => true;

function readConsent(value: unknown, path: string, rules: Rules, faults: FieldFault[]) {
  if (value === undefined) return undefined;
  if (!isObject(value)) {
    faults.push(invalid(path, 'Must be an object'));
    return undefined;
  }
  const members = membersOf(value, path, faults);
  if (rules.strict) members.refuseOthers(['source', 'createdAt', 'ip', 'userAgent']);
  return {
    source: members.text('source', anyText, 'Must be a string'),
    createdAt: members.text('createdAt', isInstant, 'Must be an RFC 3339 timestamp'),
    ip: members.text('ip', anyText, 'Must be a string'),
    userAgent: members.text('userAgent', anyText, 'Must be a string'),
  };
}

function readChannel(value: unknown, name: string, path: string, rules: Rules, faults: FieldFault[]) {
  if (value === undefined) return undefined;
  if (!isObject(value)) {
    faults.push(invalid(path, 'Must be an object'));
    return undefined;
  }
  membersOf(value, path, faults).refuseOthers([name]);
  const channel = value[name];
  if (channel === undefined) return undefined;
  if (!isObject(channel)) {
    faults.push(invalid(`${path}.${name}`, 'Must be an object'));
    return undefined;
  }
  const members = membersOf(channel, `${path}.${name}`, faults);
  if (rules.strict) members.refuseOthers(['status', 'statusChangedAt']);
  const statusChangedAt = members.text('statusChangedAt', isInstant, 'Must be an RFC 3339 timestamp');
  const status = channel.status;
  if (isStatus(status)) return { status, statusChangedAt };
  const field = `${path}.${name}.status`;
  faults.push(status === undefined ? required(field) : invalid(field, 'Unknown status'));
  return undefined;
}

function readIdentifier(
  value: unknown,
  path: string,
  rules: Rules,
  faults: FieldFault[],
): { readonly type: 'email' | 'phone'; readonly write: IdentifierWrite } | undefined {
  if (!isObject(value)) {
    faults.push(invalid(path, 'Must be an object'));
    return undefined;
  }
  const { type, id, sendWelcomeMessage } = value;
  if (type !== 'email' && type !== 'phone') {
    faults.push(
      type === undefined ? required(`${path}.type`) : invalid(`${path}.type`, 'Must be email or phone'),
    );
  }
  if (id === undefined) faults.push(required(`${path}.id`));
  else if (typeof id !== 'string') faults.push(invalid(`${path}.id`, 'Must be a string'));
  else if (type === 'email' && !isEmail(id)) {
    faults.push(invalid(`${path}.id`, 'Must be a valid email address'));
  } else if (type === 'phone' && !isPhone(id)) {
    faults.push(invalid(`${path}.id`, 'Must be a phone number in E.164 format'));
  }
  if (sendWelcomeMessage !== undefined && typeof sendWelcomeMessage !== 'boolean') {
    faults.push(invalid(`${path}.sendWelcomeMessage`, 'Must be a boolean'));
  }
  if (value.source !== undefined && typeof value.source !== 'string') {
    faults.push(invalid(`${path}.source`, 'Must be a string'));
  }
  if (rules.strict) {
    membersOf(value, path, faults).refuseOthers([
      'type',
      'id',
      'channels',
      'consent',
      'sendWelcomeMessage',
      'source',
    ]);
  }
  const consent = readConsent(value.consent, `${path}.consent`, rules, faults);
  if (type !== 'email' && type !== 'phone') return undefined;
  const channel = readChannel(value.channels, channelNames[type], `${path}.channels`, rules, faults);
  if (typeof id !== 'string') return undefined;
  const write = { id, channel, consent, sendWelcomeMessage: sendWelcomeMessage !== false };
  return { type, write };
}

/** At most one e-mail and one telephone: a contact has no more than that. */
export function readIdentifiers(
  value: unknown,
  rules: Rules,
  faults: FieldFault[],
): { email: IdentifierWrite | undefined; phone: IdentifierWrite | undefined } {
  const found: { email: IdentifierWrite | undefined; phone: IdentifierWrite | undefined } = {
    email: undefined,
    phone: undefined,
  };
  if (value === undefined || (Array.isArray(value) && value.length === 0)) {
    if (rules.identifiersRequired) faults.push(required('identifiers'));
    return found;
  }
  if (!Array.isArray(value)) {
    faults.push(invalid('identifiers', 'Must be a list'));
    return found;
  }
  for (let index = 0; index < value.length; index++) {
    const path = `identifiers.${index}`;
    const identifier = readIdentifier(value[index], path, rules, faults);
    if (identifier === undefined) continue;
    if (found[identifier.type] === undefined) found[identifier.type] = identifier.write;
    else faults.push(invalid(path, `Only one ${identifier.type} identifier per contact`));
  }
  return found;
}

import type { Draw } from './chance.ts';
import type { Clock } from './clock.ts';
import { unknownFields } from './contact-rules.ts';
import type { ContactStore, StoredContact } from './contact-store.ts';
import { type FieldFault, invalid, type Problem, required, validationProblem } from './problems.ts';
import { isObject, isTextList } from './rules.ts';

const mostTags = 100;
const mostSelected = 250;
const leastSeconds = 1;
const mostSeconds = 3;
const selectors = ['contactIDs', 'emails', 'phones'] as const;

type TagWrite = {
  readonly tags: readonly string[];
  readonly contactIDs: readonly string[];
  readonly emails: readonly string[];
  readonly phones: readonly string[];
};

function readTagWrite(body: unknown, strict: boolean): TagWrite | readonly FieldFault[] {
  if (!isObject(body)) return [invalid('body', 'Must be a JSON object')];
  const faults = unknownFields(body, ['tags', 'segmentID', ...selectors], strict);
  const list = (field: string, most: number): readonly string[] => {
    const value = body[field];
    if (value === undefined) return [];
    if (!isTextList(value)) faults.push(invalid(field, 'Must be a list of strings'));
    else if (value.length > most) faults.push(invalid(field, `Must hold at most ${most}`));
    else return value;
    return [];
  };
  const read = {
    tags: list('tags', mostTags),
    contactIDs: list('contactIDs', mostSelected),
    emails: list('emails', mostSelected),
    phones: list('phones', mostSelected),
  };
  const { tags, segmentID } = body;
  if (tags === undefined || (Array.isArray(tags) && tags.length === 0)) faults.push(required('tags'));
  if (read.tags.includes('')) faults.push(invalid('tags', 'Must not be empty'));
  if (segmentID !== undefined && typeof segmentID !== 'string') {
    faults.push(invalid('segmentID', 'Must be a string'));
  }
  const selects = selectors.some((field) => body[field] !== undefined && !isEmptyList(body[field]));
  if (!selects && segmentID === undefined) {
    faults.push(required('emails', 'At least one of contactIDs, emails, phones or segmentID is required'));
  }
  return faults.length > 0 ? faults : read;
}

const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0;

/**
 * `POST` and `DELETE /contacts/tags`: takes the call and applies it 1 to 3 s later; whoever is not
 * known then is passed over.
 * @returns what is wrong with the call, or nothing
 */
export function acceptTags(
  direction: 'add' | 'remove',
  body: unknown,
  world: {
    readonly store: ContactStore;
    readonly clock: Clock;
    readonly draw: Draw;
    readonly strict: boolean;
  },
): Problem | undefined {
  const { store, clock, draw } = world;
  const read = readTagWrite(body, world.strict);
  if (!('tags' in read)) return validationProblem(read);
  const delaySeconds = leastSeconds + (mostSeconds - leastSeconds) * draw('tagSeconds');
  clock.after(delaySeconds, () => {
    const selected = [
      ...read.contactIDs.map(store.byID),
      ...read.emails.map(store.byEmail),
      ...read.phones.map(store.byPhone),
    ];
    for (const contact of new Set(selected)) {
      if (contact === undefined || !setTags(contact, direction, read.tags)) continue;
      store.touch(contact, clock.now());
    }
  });
  return undefined;
}

/** @returns whether that changes anything */
function setTags(contact: StoredContact, direction: 'add' | 'remove', tags: readonly string[]): boolean {
  const before = contact.tags ?? [];
  const left = before.filter((tag) => !tags.includes(tag));
  const after = direction === 'remove' ? left : [...new Set([...before, ...tags])];
  if (after.length === before.length) return false;
  contact.tags = after.length > 0 ? after : undefined;
  return true;
}

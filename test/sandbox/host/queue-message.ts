import type { TypedData } from './core.ts';

export type MessageText =
  | { readonly kind: 'text'; readonly text: string }
  /** No base64 although base64 is expected: to the poison queue at once. */
  | { readonly kind: 'undecodable' }
  /** Base64 of bytes that are no UTF-8: a failure without a call. */
  | { readonly kind: 'not-utf8' };

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
// "ignoreBOM" keeps the mark in the text, as the real host does.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function decodeMessage(raw: string, encoding: 'base64' | 'none'): MessageText {
  if (encoding === 'none') return { kind: 'text', text: raw };
  const compact = raw.replace(/\s/g, '');
  if (!base64.test(compact)) return { kind: 'undecodable' };
  try {
    return { kind: 'text', text: utf8.decode(Buffer.from(compact, 'base64')) };
  } catch {
    return { kind: 'not-utf8' };
  }
}

export function encodeMessage(text: string, encoding: 'base64' | 'none'): string {
  return encoding === 'none' ? text : Buffer.from(text, 'utf8').toString('base64');
}

export type MessageFacts = {
  readonly id: string;
  readonly popReceipt: string;
  readonly dequeueCount: number;
  readonly insertedOn: Date;
  readonly expiresOn: Date;
  readonly nextVisibleOn: Date;
};

/**
 * Metadata of the trigger. Every top-level property of a JSON object is added and, whatever its case, takes the place
 * of the host's own value of that name: a message with a key `id` or `dequeueCount` hides the real one.
 */
export function messageMetadata(text: string, facts: MessageFacts): Readonly<Record<string, TypedData>> {
  const metadata = new Map<string, { readonly key: string; readonly data: TypedData }>();
  const add = (key: string, data: TypedData) => {
    const known = metadata.get(key.toLowerCase());
    metadata.set(key.toLowerCase(), { key: known?.key ?? key, data });
  };
  add('QueueTrigger', { string: text });
  add('DequeueCount', { int: facts.dequeueCount });
  add('Id', { string: facts.id });
  add('PopReceipt', { string: facts.popReceipt });
  add('InsertionTime', { string: offsetTime(facts.insertedOn.getTime()) });
  add('ExpirationTime', { string: offsetTime(facts.expiresOn.getTime()) });
  add('NextVisibleTime', { string: offsetTime(facts.nextVisibleOn.getTime()) });
  for (const [key, value] of Object.entries(jsonObject(text))) {
    const data = propertyData(value);
    if (data !== undefined) add(key, data);
  }
  return Object.fromEntries([...metadata.values()].map(({ key, data }) => [key, data]));
}

/** `2026-11-22T02:17:04+00:00`: whole seconds, no Z. */
export function offsetTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}+00:00`;
}

function jsonObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}

function propertyData(value: unknown): TypedData | undefined {
  if (value === null || Array.isArray(value)) return undefined;
  if (typeof value === 'boolean') return { string: value ? 'True' : 'False' };
  if (typeof value === 'string') return { string: dotNetDate(value) ?? value };
  return { json: JSON.stringify(value) };
}

/** What the host's JSON reader makes of a full ISO date: `01/02/2026 03:04:05`. */
function dotNetDate(text: string): string | undefined {
  const match = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  if (!match) return undefined;
  const time = Date.parse(match[1] === undefined ? `${text}Z` : text);
  if (Number.isNaN(time)) return undefined;
  const [year, month, day] = new Date(time).toISOString().slice(0, 10).split('-');
  return `${month}/${day}/${year} ${new Date(time).toISOString().slice(11, 19)}`;
}

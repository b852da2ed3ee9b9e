import type { QueueClient } from '@azure/storage-queue';
import type { TypedData } from './core.ts';
import { encodeMessage } from './queue-message.ts';

/** What an output binding's value becomes: no message, one, or one for each element of an array. */
export function outputMessages(data: TypedData | null | undefined): readonly string[] {
  if (data === null || data === undefined) return [];
  if (data.bytes !== undefined) return [Buffer.from(data.bytes).toString('utf8')];
  if (data.string !== undefined) return textMessages(data.string);
  if (data.json !== undefined) return valueMessages(JSON.parse(data.json));
  const number = data.int ?? data.double;
  return number === undefined ? [] : [String(number)];
}

/** A string that holds a JSON object is written anew, one that holds an array is several messages. */
function textMessages(text: string): readonly string[] {
  if (!/^\s*[[{]/.test(text)) return [text];
  try {
    return valueMessages(JSON.parse(text));
  } catch {
    return [text];
  }
}

function valueMessages(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(valueMessage) : [valueMessage(value)];
}

function valueMessage(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'object' ? indented(value) : String(value);
}

/** The real host's serializer writes indented and takes `$type` and `$id` for its own. */
function indented(value: object): string {
  return JSON.stringify(value, (key, part) => (key === '$type' || key === '$id' ? undefined : part), 2);
}

/** XML 1.0 has no control characters but tab, line feed and carriage return. */
function holdsControlCharacter(text: string): boolean {
  return Array.from(text).some((character) => character < ' ' && !'\t\n\r'.includes(character));
}

/**
 * Sends one after the other, making the queue at the first send. Storage itself refuses what is over 64 KiB encoded;
 * the messages before it are already sent then, as with the real host.
 */
export async function sendOutput(
  queue: QueueClient,
  texts: readonly string[],
  encoding: 'base64' | 'none',
): Promise<void> {
  for (const text of texts) {
    if (encoding === 'none' && holdsControlCharacter(text)) {
      throw new Error('The message holds a character that XML cannot carry.');
    }
    await sendMaking(queue, encodeMessage(text, encoding));
  }
}

/** Sends the raw text; a missing queue is made. */
export async function sendMaking(queue: QueueClient, raw: string): Promise<void> {
  try {
    await queue.sendMessage(raw);
  } catch (error) {
    if (!isStatus(error, 404)) throw error;
    await queue.createIfNotExists();
    await queue.sendMessage(raw);
  }
}

export function isStatus(error: unknown, status: number): boolean {
  return typeof error === 'object' && error !== null && 'statusCode' in error && error.statusCode === status;
}

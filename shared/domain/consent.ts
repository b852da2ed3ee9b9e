import type { Consent } from './contact.ts';
import type { ConsentMapping } from './definition.ts';
import { parseIsoDate } from './iso-date.ts';
import { type Cleaned, cleanText, leftOut, ok } from './text.ts';

/** Nobody opted in or out by e-mail before; earlier years are placeholders of other systems (0001, 1753, 1900, 1970). */
const earliest = Date.UTC(1990, 0);
/** The bound where the source does not tell when the profile changed: later years are placeholders too. */
const latest = Date.UTC(2100, 0) - 1;

const secondOf = (ms: number): number => Math.floor(ms / 1000);

/** Only a date-time with a zone names a moment, ms since 1970. A guess could put an opt-in after a later opt-out. */
const momentOf = (text: string): number | undefined => {
  const parsed = parseIsoDate(text);
  if (parsed?.time === undefined || parsed.zone === undefined) return undefined;
  const milliseconds = (/\.(\d{1,3})/.exec(text)?.[1] ?? '').padEnd(3, '0');
  return Date.parse(`${parsed.date}T${parsed.time}.${milliseconds}${parsed.zone}`);
};

const statusOf = (text: string, mapping: ConsentMapping): Consent['status'] | undefined => {
  const value = text.toLowerCase();
  if (mapping.subscribed.includes(value)) return 'subscribed';
  return mapping.unsubscribed.includes(value) ? 'unsubscribed' : undefined;
};

/**
 * A status with the true moment of its change, or none at all. A moment after the profile's own last change
 * (`profileChangedAt`, ms since 1970) is refused: the source cannot know what has not happened yet, and a moment in the
 * future would overrule every choice that the person makes until then.
 */
export const cleanConsent = (
  given: { readonly status: unknown; readonly at: unknown },
  mapping: ConsentMapping,
  profileChangedAt: number | undefined,
): Cleaned<Consent> => {
  const text = cleanText(given.status);
  if (text.kind === 'absent') return text;
  const status = text.kind === 'ok' ? statusOf(text.value, mapping) : undefined;
  if (status === undefined) return leftOut('consent-unknown');
  const time = cleanText(given.at);
  if (time.kind === 'absent') return leftOut('consent-time-missing');
  const at = time.kind === 'ok' ? momentOf(time.value) : undefined;
  if (at === undefined) return leftOut('consent-time-malformed');
  // By the second, as sources cut their own times.
  const bound = Math.min(profileChangedAt ?? latest, latest);
  if (at < earliest || secondOf(at) > secondOf(bound)) return leftOut('consent-time-implausible');
  return ok({ status, at: new Date(at).toISOString() });
};

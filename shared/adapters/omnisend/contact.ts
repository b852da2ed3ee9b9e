import { z } from 'zod';
import type { DestinationAnswer } from '../../domain/answers.ts';
import type { Change } from '../../domain/plan.ts';
import type { ContactOptions } from '../../ports/destination.ts';
import { type ClientOptions, request } from './client.ts';
import { contactRequest, sentValues } from './contacts.ts';

// The whole contact comes back. Older versions wrote null for an empty object.
const written = z
  .object({ id: z.string().min(1), customProperties: z.record(z.string(), z.unknown()).nullish() })
  .transform(({ customProperties }): ReadonlySet<string> => {
    const set = Object.entries(customProperties ?? {}).filter(([, value]) => value !== null && value !== '');
    return new Set(set.map(([name]) => name));
  });

/** Upserts one contact: https://api-docs.omnisend.com/reference/contacts */
export const writeContact = (
  options: ClientOptions,
  apiKey: string,
  change: Change,
  contactOptions: ContactOptions,
): Promise<DestinationAnswer<ReadonlySet<string>>> => {
  const body = contactRequest(change, contactOptions);
  const sent = () => sentValues([body]);
  return request(options, { apiKey, method: 'POST', path: '/contacts', body, schema: written, sent });
};

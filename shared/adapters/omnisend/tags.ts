import { z } from 'zod';
import type { DestinationAnswer } from '../../domain/answers.ts';
import type { TagChange } from '../../ports/destination.ts';
import { type ClientOptions, request } from './client.ts';
import { limits } from './version.ts';

// 202 without a body: https://api-docs.omnisend.com/reference/contacts. Nothing that came with it would say more.
const taken = z.unknown().transform(() => null);

/** `tag` as it is: the rest of each contact's tags stays. Both ways may be asked for twice without a further effect. */
export const changeTags = (
  options: ClientOptions,
  apiKey: string,
  { direction, tag, emails }: TagChange,
): Promise<DestinationAnswer<null>> => {
  const { length } = emails;
  if (length === 0 || length > limits.contactsPerTagCall)
    throw new RangeError(`a tag for ${length} contacts`);
  return request(options, {
    apiKey,
    method: direction === 'add' ? 'POST' : 'DELETE',
    path: '/contacts/tags',
    body: { emails, tags: [tag] },
    schema: taken,
    sent: () => emails,
  });
};

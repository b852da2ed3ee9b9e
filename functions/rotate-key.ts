import { z } from 'zod';
import type { Caller } from '../shared/domain/access.ts';
import { type ConnectionId, connectionId, exportId } from '../shared/domain/ids.ts';
import type { SeenRevision } from '../shared/steps/change-connection.ts';
import type { Rotation } from '../shared/steps/rotate-key.ts';
import type { GivenKey } from '../shared/steps/store-key.ts';
import type { ApiHandler } from './api.ts';
import { readBody } from './body.ts';
import { connectionView } from './connections.ts';
import { etag, seenIn, unchanged } from './if-match.ts';
import { hasBoth, keyMembers, keyOf, keyRefused } from './key-body.ts';
import { notFound } from './problem.ts';

export const keyBody = z
  .strictObject(keyMembers)
  .refine((asked) => keyOf(asked) !== undefined && !hasBoth(asked), {
    path: ['apiKey'],
    message: 'send either "apiKey" or "secretName"',
  });

export const rotatedView = z.looseObject({
  connection: connectionView,
  resumed: z.array(exportId).describe('exports that were paused until now'),
  isFormerLeft: z
    .boolean()
    .describe("a former key's secret is still in the vault; the app removes it within hours"),
});

/** `PUT /api/connections/{id}/key`: another key for the connection; needs `If-Match`. */
export const putKey =
  (
    rotate: (id: ConnectionId, caller: Caller, key: GivenKey, seen: SeenRevision) => Promise<Rotation>,
  ): ApiHandler =>
  async (http, caller) => {
    const id = connectionId.safeParse(http.params.id);
    if (!id.success) return notFound('connection');
    const asked = await readBody(http, keyBody, 'Send {"apiKey": "<key>"} or {"secretName": "<name>"}.');
    if (asked.kind === 'wrong') return asked.answer;
    const key = keyOf(asked.value);
    if (key === undefined) throw new Error('A body that holds to its schema has a key.');
    const answer = await rotate(id.data, caller, key, seenIn(http));
    switch (answer.kind) {
      case 'rotated': {
        const { connection, resumed, isFormerLeft } = answer;
        return { headers: etag(connection), jsonBody: { connection, resumed, isFormerLeft } };
      }
      case 'unknown-connection':
        return notFound('connection');
      case 'no-secret':
      case 'not-for-export':
      case 'vault':
        return keyRefused(answer);
      case 'unseen':
      case 'changed':
      case 'being-removed':
        return unchanged(answer);
    }
  };

import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { Caller } from '../shared/domain/access.ts';
import { connectionDefinition } from '../shared/domain/definition.ts';
import { connectionId } from '../shared/domain/ids.ts';
import type { SeenRevision } from '../shared/steps/change-connection.ts';
import type { SavingConnection, WantedConnection } from '../shared/steps/save-connection.ts';
import type { ApiHandler } from './api.ts';
import { readBody } from './body.ts';
import { etag, seenIn, unchanged } from './if-match.ts';
import { hasBoth, keyMembers, keyOf, keyRefused } from './key-body.ts';
import { problem } from './problem.ts';

/** What is sent of a connection. The last four make a new one; `agree` and `wording` also renew the consent. */
export const connectionBody = z
  .strictObject({
    id: connectionId.optional(),
    displayName: connectionDefinition.shape.displayName,
    sharedWith: connectionDefinition.shape.sharedWith,
    agree: z.literal(true, 'send true, or leave it out').optional(),
    wording: z.string().min(1).max(100).optional(),
    ...keyMembers,
  })
  .refine(({ agree, wording }) => (agree === undefined) === (wording === undefined), {
    path: ['agree'],
    message: 'send "agree" and "wording" together',
  })
  .refine((asked) => !hasBoth(asked), {
    path: ['apiKey'],
    message: 'send "apiKey" or "secretName", not both',
  });

const remedy =
  'Send {"displayName": "<name>", "sharedWith": "administrators" | "contributors"}; for a new connection also "agree": true, "wording" as GET /api/privacy-statement names it, and either "apiKey" or "secretName".';

/** `PUT /api/connections/{id}`: 201 for a new one, 200 for an edit, which needs `If-Match`. */
export const putConnection =
  (
    save: (caller: Caller, wanted: WantedConnection, seen: SeenRevision) => Promise<SavingConnection>,
  ): ApiHandler =>
  async (http, caller) => {
    const id = connectionId.safeParse(http.params.id);
    if (!id.success) return wrongId;
    const asked = await readBody(http, connectionBody, remedy);
    if (asked.kind === 'wrong') return asked.answer;
    const { id: named = id.data, displayName, sharedWith, wording } = asked.value;
    if (named !== id.data) return otherId;
    const key = keyOf(asked.value);
    const wanted = {
      definition: { id: id.data, displayName, sharedWith },
      ...(wording !== undefined && { agreedTo: wording }),
      ...(key !== undefined && { key }),
    };
    const answer = await save(caller, wanted, seenIn(http));
    switch (answer.kind) {
      case 'created':
      case 'edited':
        return {
          status: answer.kind === 'created' ? 201 : 200,
          headers: etag(answer.connection),
          jsonBody: answer.connection,
        };
      case 'faults':
        return problem(422, 'The connection cannot be saved', 'Mend what is listed.', {
          faults: answer.faults,
        });
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

const wrongId: HttpResponseInit = problem(
  400,
  'The id is wrong',
  'Use 1 to 40 of a-z, 0-9 and "-", starting with a letter.',
);
const otherId: HttpResponseInit = problem(
  400,
  'The body is wrong',
  'Leave "id" out, or send the one of the address.',
  { errors: [{ field: 'id', message: 'It is another one than in the address.' }] },
);

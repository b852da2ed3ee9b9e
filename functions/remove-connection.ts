import { z } from 'zod';
import type { Caller } from '../shared/domain/access.ts';
import { type ConnectionId, connectionId, type ExportId, exportId, runId } from '../shared/domain/ids.ts';
import type { SeenRevision } from '../shared/steps/change-connection.ts';
import type { ConnectionRemoval, Fates } from '../shared/steps/remove-connection.ts';
import type { ApiHandler } from './api.ts';
import { readBody } from './body.ts';
import { seenIn, unchanged } from './if-match.ts';
import { vaultRefuses } from './key-body.ts';
import { notFound, problem } from './problem.ts';
import { readQuery } from './query.ts';
import { runAddress } from './run-address.ts';

const fate = z.enum(['remove', 'detach']);

export const removeConnectionQuery = z.object({
  exports: z.literal('detach', 'only "detach" can be said of all').optional(),
});
const fates = z.record(exportId, fate);
export const removeConnectionBody = z.strictObject({
  exports: z
    .record(z.string(), z.unknown())
    // As one, since a fault of a single member would be named by what the caller has written.
    .refine((given) => fates.safeParse(given).success, 'say "remove" or "detach" of each export, by its id')
    .optional(),
});

export const removedConnectionView = z.looseObject({
  connection: connectionId,
  state: z.literal('removed'),
  secret: z.enum(['removed', 'kept']).describe('kept: it was there before the connection'),
});
export const removingConnectionView = z.looseObject({
  connection: connectionId,
  state: z.literal('removing'),
  runs: z.array(z.looseObject({ run: runId, url: z.url() })),
});

const againSeconds = 15;

/**
 * `DELETE /api/connections/{id}`, with `?exports=detach` or a body that says it of each export; needs `If-Match`. 202
 * while runs settle what they posted: the same call again goes on.
 */
export const deleteConnection =
  (
    remove: (
      id: ConnectionId,
      caller: Caller,
      fates: Fates | null,
      seen: SeenRevision,
    ) => Promise<ConnectionRemoval>,
  ): ApiHandler =>
  async (http, caller) => {
    const id = connectionId.safeParse(http.params.id);
    if (!id.success) return notFound('connection');
    const query = readQuery(http, removeConnectionQuery);
    if (query.kind === 'wrong') return query.answer;
    const asked = await readBody(http, removeConnectionBody, remedy);
    if (asked.kind === 'wrong') return asked.answer;
    const each = asked.value.exports === undefined ? null : fatesIn(asked.value.exports);
    const wanted = query.value.exports ?? each;
    const answer = await remove(id.data, caller, wanted, seenIn(http));
    switch (answer.kind) {
      case 'removed':
        return { jsonBody: { connection: id.data, state: 'removed', secret: answer.secret } };
      case 'ending': {
        const runs = answer.runs.map((run) => ({ run, url: runAddress(http, run) }));
        return {
          status: 202,
          headers: { 'retry-after': String(againSeconds) },
          jsonBody: { connection: id.data, state: 'removing', runs },
        };
      }
      case 'in-use':
        return problem(409, 'Exports use the connection', `It stays for as long as they do. ${remedy}`, {
          code: 'in-use',
          exports: answer.exports,
        });
      case 'unknown-connection':
        return notFound('connection');
      case 'vault':
        return vaultRefuses(answer.fault);
      case 'unseen':
      case 'changed':
      case 'being-removed':
        return unchanged(answer);
    }
  };

const remedy =
  'Say what becomes of the exports: ?exports=detach for all of them, or {"exports": {"<export id>": "remove" | "detach"}} as the body, with each of them.';

const fatesIn = (given: unknown): Fates => {
  const byId = new Map<ExportId, z.infer<typeof fate>>();
  for (const [id, what] of Object.entries(fates.parse(given))) byId.set(exportId.parse(id), what);
  return byId;
};

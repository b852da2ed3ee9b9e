import { z } from 'zod';
import type { Caller } from '../shared/domain/access.ts';
import { connectionDefinition } from '../shared/domain/definition.ts';
import { type ConnectionId, connectionId, exportId } from '../shared/domain/ids.ts';
import { privacyStatement } from '../shared/domain/privacy-statement.ts';
import { actor, revision, secretName } from '../shared/domain/saved.ts';
import {
  type ConnectionDetails,
  type ConnectionList,
  type ConnectionName,
  isInFull,
} from '../shared/steps/list-connections.ts';
import type { RevisionList } from '../shared/steps/list-revisions.ts';
import type { ApiHandler } from './api.ts';
import { etag } from './if-match.ts';
import { readPage, revisionAfter, toCursor } from './listing.ts';
import { notFound } from './problem.ts';

const touch = z.looseObject({ at: z.iso.datetime(), by: actor });

const connectionNameView = z.looseObject({
  id: connectionId,
  displayName: z.string(),
  type: z.literal('omnisend'),
});

export const connectionView = z.looseObject({
  ...connectionNameView.shape,
  sharedWith: connectionDefinition.shape.sharedWith,
  secretName,
  isOwnSecret: z.boolean().describe('made by the app, which removes it with the connection'),
  consent: z.looseObject({ ...touch.shape, wording: z.string() }),
  revision: z.int(),
  created: touch,
  updated: touch,
  removing: touch.nullable(),
  exports: z.array(z.looseObject({ id: exportId, displayName: z.string() })),
});

/** Administrators see all but the key; contributors see names. */
export const connectionOrNameView = z.union([connectionView, connectionNameView]);

export const connectionsView = z.looseObject({
  connections: z.array(connectionOrNameView),
  next: z.string().nullable(),
});

export const connectionRevisionsView = z.looseObject({
  revisions: z.array(
    z.looseObject({
      ...touch.shape,
      revision: z.int(),
      what: revision.shape.what,
      definition: connectionDefinition,
    }),
  ),
  next: z.string().nullable(),
});

export const privacyStatementView = z.looseObject({ wording: z.string(), text: z.string() });

/** `GET /api/connections?limit=&after=`: those that the caller may see, by id. */
export const listOfConnections =
  (
    list: (
      caller: Caller,
      page: { readonly after: string | null; readonly limit: number },
    ) => Promise<ConnectionList>,
  ): ApiHandler =>
  async (http, caller) => {
    const page = readPage(http);
    if (page.kind === 'wrong') return page.answer;
    const { connections, next } = await list(caller, page);
    return { jsonBody: { connections, next: toCursor(next) } };
  };

/** `GET /api/connections/{id}`, with its ETag for who may change it. */
export const oneConnection =
  (
    describe: (id: ConnectionId, caller: Caller) => Promise<ConnectionName | ConnectionDetails | undefined>,
  ): ApiHandler =>
  async (http, caller) => {
    const id = connectionId.safeParse(http.params.id);
    const connection = id.success ? await describe(id.data, caller) : undefined;
    if (connection === undefined) return notFound('connection');
    return { ...(isInFull(connection) && { headers: etag(connection) }), jsonBody: connection };
  };

/** `GET /api/connections/{id}/revisions?limit=&after=`: who changed it, when, to what; the newest first. */
export const revisionsOfConnection =
  (
    list: (
      id: ConnectionId,
      page: { readonly before: number | null; readonly limit: number },
    ) => Promise<RevisionList | undefined>,
  ): ApiHandler =>
  async (http) => {
    const page = readPage(http);
    if (page.kind === 'wrong') return page.answer;
    const id = connectionId.safeParse(http.params.id);
    const before = revisionAfter(page.after);
    const answer = id.success ? await list(id.data, { before, limit: page.limit }) : undefined;
    if (answer === undefined) return notFound('connection');
    return { jsonBody: { revisions: answer.revisions, next: toCursor(answer.next) } };
  };

/** `GET /api/privacy-statement`: what is agreed to with a connection, and the name of its wording. */
export const statement: ApiHandler = async () => ({ jsonBody: privacyStatement });

import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Conflict, SeenRevision } from '../shared/steps/change-connection.ts';
import { problem } from './problem.ts';

/** The ETag of a document: https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3 */
export const etag = ({ revision }: { readonly revision: number }): { readonly etag: string } => ({
  etag: `"${revision}"`,
});

/** Which state of the document the caller has seen, by `If-Match`, or `If-None-Match: *` for none. */
export const seenIn = (http: HttpRequest): SeenRevision => {
  const ifMatch = http.headers.get('if-match');
  if (ifMatch === null) {
    return http.headers.get('if-none-match')?.trim() === '*' ? { kind: 'none' } : { kind: 'unsaid' };
  }
  const revision = /^"([1-9]\d{0,8})"$/.exec(ifMatch.trim())?.[1];
  return revision === undefined ? { kind: 'other' } : { kind: 'revision', revision: Number(revision) };
};

/** The revision that a change is based on; 0, which no document has, for a tag that is none of ours. */
export const ifMatchOf = (http: HttpRequest): number | undefined => {
  const seen = seenIn(http);
  switch (seen.kind) {
    case 'revision':
      return seen.revision;
    case 'other':
      return 0;
    case 'none':
    case 'unsaid':
      return undefined;
  }
};

/** Without it, who saves last would overwrite what somebody else has just saved. */
export const ifMatchRequired = (revision?: number): HttpResponseInit =>
  problem(
    428,
    'Precondition Required',
    'Read the document, and send its ETag as If-Match: so nobody undoes what somebody else has just changed.',
    revision === undefined ? {} : { revision },
  );

/** `null`: there is no such document, or none any more. */
export const changedMeanwhile = (revision: number | null): HttpResponseInit =>
  problem(
    412,
    'The document has changed',
    revision === null
      ? 'It is there no longer, or was not yet. Send no If-Match to make it.'
      : `It is at revision ${revision} now. Read it again, and decide anew.`,
    { revision },
  );

/** The document is at another revision than what was sent with the request, which may be nothing, says. */
export const otherRevision = (http: HttpRequest, revision: number | null): HttpResponseInit =>
  seenIn(http).kind === 'unsaid' && revision !== null
    ? ifMatchRequired(revision)
    : changedMeanwhile(revision);

/** Why a connection is not changed: https://www.rfc-editor.org/rfc/rfc9110#section-13 */
export const unchanged = (conflict: Conflict): HttpResponseInit => {
  switch (conflict.kind) {
    case 'unseen':
      return ifMatchRequired(conflict.revision);
    case 'changed':
      return changedMeanwhile(conflict.revision);
    case 'being-removed':
      return problem(409, 'The connection is being removed', 'Ask for its removal again to finish it.');
  }
};

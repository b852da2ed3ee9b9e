import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Conflict, SeenRevision } from '../shared/steps/change-connection.ts';
import { problem } from './problem.ts';

/** Which state of the document the caller has seen, by `If-Match`, or `If-None-Match: *` for none. */
export const seenIn = (http: HttpRequest): SeenRevision => {
  const ifMatch = http.headers.get('if-match');
  if (ifMatch === null) {
    return http.headers.get('if-none-match')?.trim() === '*' ? { kind: 'none' } : { kind: 'unsaid' };
  }
  const revision = /^"([1-9]\d{0,8})"$/.exec(ifMatch.trim())?.[1];
  return revision === undefined ? { kind: 'other' } : { kind: 'revision', revision: Number(revision) };
};

export const etag = ({ revision }: { readonly revision: number }): { readonly etag: string } => ({
  etag: `"${revision}"`,
});

/** Why a document is not changed: https://www.rfc-editor.org/rfc/rfc9110#section-13 */
export const unchanged = (conflict: Conflict): HttpResponseInit => {
  switch (conflict.kind) {
    case 'unseen':
      return problem(
        428,
        'Precondition Required',
        'Read the document, and send its ETag as If-Match: so nobody undoes what somebody else has just changed.',
      );
    case 'changed': {
      const { revision } = conflict;
      const detail =
        revision === null
          ? 'It is there no longer, or was not yet. Send no If-Match to make it.'
          : `It is at revision ${revision} now. Read it again, and decide anew.`;
      return problem(412, 'The document has changed', detail, { revision });
    }
    case 'being-removed':
      return problem(409, 'The connection is being removed', 'Ask for its removal again to finish it.');
  }
};

import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { problem } from './problem.ts';

/** The ETag of a document: https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3 */
export const etagOf = (revision: number): string => `"${revision}"`;

/** The revision that a change is based on; 0, which no document has, for a tag that is none of ours. */
export const ifMatchOf = (http: HttpRequest): number | undefined => {
  const given = http.headers.get('if-match');
  if (given === null) return undefined;
  const tag = /^\s*"([1-9]\d{0,8})"\s*$/.exec(given)?.[1];
  return tag === undefined ? 0 : Number(tag);
};

/** Without it, who saves last would overwrite what somebody else has just saved. */
export const ifMatchRequired = (revision?: number): HttpResponseInit =>
  problem(
    428,
    'If-Match is required',
    'Read the document, and send its ETag as If-Match.',
    revision === undefined ? {} : { revision },
  );

/** `null`: there is no such document, or none any more. */
export const changedMeanwhile = (revision: number | null): HttpResponseInit => ({
  ...problem(
    412,
    'The document is another one',
    revision === null
      ? 'It does not exist. Send no If-Match to make it.'
      : 'Somebody changed it meanwhile. Read it again, and repeat the change on what it is now.',
    { revision },
  ),
});

import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { Caller } from '../shared/domain/access.ts';
import { exportDefinition } from '../shared/domain/definition.ts';
import { type ExportId, exportId } from '../shared/domain/ids.ts';
import type { Copy, Duplicating } from '../shared/steps/duplicate-export.ts';
import type { Basis, Saving } from '../shared/steps/save-export.ts';
import type { ApiHandler } from './api.ts';
import { readBody, readJson } from './body.ts';
import { notAllowed, wrongDefinition } from './export-problems.ts';
import { etag, ifMatchOf, otherRevision } from './if-match.ts';
import { notFound, problem } from './problem.ts';
import { readQuery } from './query.ts';

export const saveQuery = z.object({ check: z.enum(['true', 'false']).default('false') });

type Save = (
  id: ExportId,
  body: unknown,
  caller: Caller,
  options: { readonly basis: Basis; readonly isCheckOnly: boolean },
) => Promise<Saving>;

/**
 * `PUT /api/exports/{id}`: makes or edits one, checked in full. Nothing is run. With `?check=true` nothing is saved
 * either.
 */
export const exportSaving =
  (save: Save): ApiHandler =>
  async (http, caller) => {
    const id = exportId.safeParse(http.params.id);
    const query = readQuery(http, saveQuery);
    const body = await readJson(http, 'Send the definition of the export as JSON.');
    if (!id.success) return wrongId(id.error);
    if (query.kind === 'wrong') return query.answer;
    if (body.kind === 'wrong') return body.answer;
    const basis = ifMatchOf(http) ?? 'new';
    const isCheckOnly = query.value.check === 'true';
    return answered(http, id.data, await save(id.data, body.value, caller, { basis, isCheckOnly }));
  };

export const copyBody = z.strictObject({
  id: exportId,
  displayName: exportDefinition.shape.displayName.optional(),
});

/** `POST /api/exports/{id}/duplicate`: a copy under another id, with its schedule off and marker names of its own. */
export const exportDuplication =
  (duplicate: (id: ExportId, copy: Copy, caller: Caller) => Promise<Duplicating>): ApiHandler =>
  async (http, caller) => {
    const id = exportId.safeParse(http.params.id);
    if (!id.success) return notFound('export');
    const copy = await readBody(http, copyBody, 'Send {"id": "<its id>"}, and a "displayName" if you like.');
    if (copy.kind === 'wrong') return copy.answer;
    const answer = await duplicate(id.data, copy.value, caller);
    if (answer.kind === 'unknown-export') return notFound('export');
    if (answer.kind === 'changed')
      return problem(409, 'The id is taken', `There is an export ${copy.value.id}. Choose another id.`);
    return answered(http, copy.value.id, answer);
  };

const wrongId = (error: z.ZodError): HttpResponseInit => {
  const message = `${error.issues[0]?.message ?? 'it is malformed'}.`;
  return wrongDefinition([{ field: 'id', message, remedy: 'Choose another id in the address.' }]);
};

const answered = (http: HttpRequest, id: ExportId, answer: Saving): HttpResponseInit => {
  switch (answer.kind) {
    case 'created':
    case 'saved': {
      const { revision, definition } = answer.saved;
      const location = new URL(`/api/exports/${id}`, http.url).href;
      const isNew = answer.kind === 'created';
      return {
        status: isNew ? 201 : 200,
        headers: { ...etag(answer.saved), ...(isNew && { location }) },
        jsonBody: { id, revision, definition, warnings: answer.warnings },
      };
    }
    case 'checked':
      return { jsonBody: { id, ok: true, warnings: answer.warnings } };
    case 'wrong':
      return wrongDefinition(answer.faults);
    case 'forbidden':
      return notAllowed();
    case 'changed':
      return otherRevision(http, answer.revision);
    case 'removing':
      return problem(409, 'The export is being removed', 'Ask for its removal again, then make it anew.');
  }
};

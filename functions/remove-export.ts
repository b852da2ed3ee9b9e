import { z } from 'zod';
import type { Caller } from '../shared/domain/access.ts';
import { type ExportId, exportId } from '../shared/domain/ids.ts';
import type { Detaching } from '../shared/steps/detach-export.ts';
import type { Removal } from '../shared/steps/remove-export.ts';
import type { ApiHandler } from './api.ts';
import { notAllowed, stillEnding } from './export-problems.ts';
import { changedMeanwhile, ifMatchOf, ifMatchRequired } from './if-match.ts';
import { vaultRefuses } from './key-body.ts';
import { notFound } from './problem.ts';
import { readQuery } from './query.ts';

export const removeQuery = z.object({ freeMarkers: z.enum(['true', 'false']).default('false') });

type Remove = (
  id: ExportId,
  caller: Caller,
  ifRevision: number | null,
  options: { readonly freeMarkers: boolean },
) => Promise<Removal>;

/** `DELETE /api/exports/{id}?freeMarkers=`: 202 while a run of it ends; asked again, it goes on. */
export const exportRemoval =
  (remove: Remove): ApiHandler =>
  async (http, caller) => {
    const id = exportId.safeParse(http.params.id);
    const query = readQuery(http, removeQuery);
    const basis = ifMatchOf(http);
    if (!id.success) return notFound('export');
    if (query.kind === 'wrong') return query.answer;
    if (basis === undefined) return ifMatchRequired();
    const freeMarkers = query.value.freeMarkers === 'true';
    const answer = await remove(id.data, caller, basis, { freeMarkers });
    switch (answer.kind) {
      case 'removed': {
        const { markers } = answer;
        return { jsonBody: { state: 'removed', markers, detail: adviceOn(markers.length, freeMarkers) } };
      }
      case 'ending':
        return stillEnding(http, answer);
      case 'vault':
        return vaultRefuses(answer.fault);
      case 'unknown-export':
        return notFound('export');
      case 'forbidden':
        return notAllowed();
      case 'changed':
        return changedMeanwhile(answer.revision);
    }
  };

const adviceOn = (markers: number, areFreed: boolean): string => {
  if (markers === 0) return 'Contacts stay in Omnisend as they are.';
  return areFreed
    ? 'Contacts stay in Omnisend as they are, these markers set or not; other exports may use the names from now on.'
    : 'Contacts stay in Omnisend as they are, these markers set or not, so no other export gets the names. An administrator frees them with DELETE and ?freeMarkers=true.';
};

type Detach = (id: ExportId, caller: Caller, ifRevision: number | null) => Promise<Detaching>;

/** `POST /api/exports/{id}/detach`: off its connection until it is saved with one; 202 while a run of it ends. */
export const exportDetaching =
  (detach: Detach): ApiHandler =>
  async (http, caller) => {
    const id = exportId.safeParse(http.params.id);
    const basis = ifMatchOf(http);
    if (!id.success) return notFound('export');
    if (basis === undefined) return ifMatchRequired();
    const answer = await detach(id.data, caller, basis);
    switch (answer.kind) {
      case 'detached':
        return { jsonBody: { id: id.data, state: 'detached' } };
      case 'ending':
        return stillEnding(http, answer);
      case 'unknown-export':
        return notFound('export');
      case 'forbidden':
        return notAllowed();
      case 'changed':
        return changedMeanwhile(answer.revision);
    }
  };

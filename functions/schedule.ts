import type { HttpResponseInit } from '@azure/functions';
import type { Caller } from '../shared/domain/access.ts';
import { type RefreshSchedule, refreshSchedule } from '../shared/domain/definition.ts';
import type { RefreshRemoval, RefreshSaving, RefreshView } from '../shared/steps/refresh-schedule.ts';
import type { Basis } from '../shared/steps/save-export.ts';
import type { ApiHandler } from './api.ts';
import { readBody } from './body.ts';
import { changedMeanwhile, etag, ifMatchOf, ifMatchRequired, otherRevision } from './if-match.ts';
import { problem } from './problem.ts';

const notSet = (): HttpResponseInit =>
  problem(404, 'No refresh is set', 'Exports that run with it run on demand only. Set it with PUT.');

/** `GET /api/schedule`: the scheduled refresh with its ETag and the next five times. */
export const scheduleRead =
  (load: () => Promise<RefreshView | null>): ApiHandler =>
  async () => {
    const view = await load();
    return view === null ? notSet() : { headers: etag(view), jsonBody: view };
  };

const remedy =
  'Send {"timeZone": "Europe/Vilnius", "times": ["06:00"]}: one to four times, and "weekdays" from 0 (Sunday) to 6 if not every day.';

type Save = (definition: RefreshSchedule, caller: Caller, basis: Basis) => Promise<RefreshSaving>;

/** `PUT /api/schedule`: when exports run that have no schedule of their own. Nothing is run now. */
export const scheduleSaving =
  (save: Save): ApiHandler =>
  async (http, caller) => {
    const asked = await readBody(http, refreshSchedule, remedy);
    if (asked.kind === 'wrong') return asked.answer;
    const basis = ifMatchOf(http) ?? 'new';
    const answer = await save(asked.value, caller, basis);
    switch (answer.kind) {
      case 'created':
      case 'saved':
        return {
          status: answer.kind === 'created' ? 201 : 200,
          headers: etag(answer.view),
          jsonBody: answer.view,
        };
      case 'wrong':
        return problem(422, 'The schedule is wrong', 'Mend what is listed; nothing was saved.', {
          faults: answer.faults,
        });
      case 'changed':
        return otherRevision(http, answer.revision);
    }
  };

type Remove = (caller: Caller, basis: number) => Promise<RefreshRemoval>;

/** `DELETE /api/schedule`: exports that ran with it run on demand only. */
export const scheduleRemoval =
  (remove: Remove): ApiHandler =>
  async (http, caller) => {
    const basis = ifMatchOf(http);
    if (basis === undefined) return ifMatchRequired();
    const answer = await remove(caller, basis);
    switch (answer.kind) {
      case 'removed':
        return { status: 204 };
      case 'not-set':
        return notSet();
      case 'changed':
        return changedMeanwhile(answer.revision);
    }
  };

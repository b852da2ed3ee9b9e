import type { HttpFunctionOptions } from '@azure/functions';
import type { App } from '../shared/compose.ts';
import { approveRun } from '../shared/steps/approve-run.ts';
import { authorise } from '../shared/steps/authorise.ts';
import { cancelRun } from '../shared/steps/cancel-run.ts';
import { checkExport } from '../shared/steps/check-export.ts';
import { rememberedHealth } from '../shared/steps/check-health.ts';
import { connect } from '../shared/steps/connect.ts';
import { listConnectionRevisions } from '../shared/steps/connection-revisions.ts';
import { describeRun } from '../shared/steps/describe-run.ts';
import { detachExport } from '../shared/steps/detach-export.ts';
import { duplicateExport } from '../shared/steps/duplicate-export.ts';
import { describeExport, listRevisions } from '../shared/steps/export-view.ts';
import { forget, liftForgetting } from '../shared/steps/forget.ts';
import { describeConnection, listConnections } from '../shared/steps/list-connections.ts';
import { listExports } from '../shared/steps/list-exports.ts';
import { listRows } from '../shared/steps/list-rows.ts';
import { listRuns } from '../shared/steps/list-runs.ts';
import { checkSource, lookAtColumns, lookAtSegments } from '../shared/steps/look-around.ts';
import {
  getNotifications,
  removeNotifications,
  saveNotifications,
  testNotifications,
} from '../shared/steps/notifications.ts';
import { previewProfile } from '../shared/steps/preview-profile.ts';
import { loadRefresh, removeRefresh, saveRefresh } from '../shared/steps/refresh-schedule.ts';
import { removeConnection } from '../shared/steps/remove-connection.ts';
import { removeExport } from '../shared/steps/remove-export.ts';
import { requestRun } from '../shared/steps/request-run.ts';
import { rotateKey } from '../shared/steps/rotate-key.ts';
import { readRowValues } from '../shared/steps/row-values.ts';
import { runAll } from '../shared/steps/run-all.ts';
import { saveConnection } from '../shared/steps/save-connection.ts';
import { saveExport } from '../shared/steps/save-export.ts';
import { scheduleExports } from '../shared/steps/schedule-exports.ts';
import { rescheduling, runningAll } from './all-exports.ts';
import type { ApiHandler } from './api.ts';
import { approve } from './approve.ts';
import { cancel } from './cancel.ts';
import { connectBrand } from './connect.ts';
import { listOfConnections, oneConnection, revisionsOfConnection, statement } from './connections.ts';
import { exportList, exportRevisions, oneExport } from './exports.ts';
import { forgetAddress, liftAddress } from './forget.ts';
import { guarded } from './guarded.ts';
import { healthDetails } from './health.ts';
import {
  deleteNotifications,
  putNotifications,
  showNotifications,
  tryNotifications,
} from './notifications.ts';
import { type Offered, operations } from './operations.ts';
import { preview } from './preview.ts';
import { deleteConnection } from './remove-connection.ts';
import { exportDetaching, exportRemoval } from './remove-export.ts';
import { putKey } from './rotate-key.ts';
import { rowValues } from './row-values.ts';
import { runExport } from './run-export.ts';
import { oneRun, rows, runs } from './runs.ts';
import { putConnection } from './save-connection.ts';
import { exportDuplication, exportSaving } from './save-export.ts';
import { scheduleRead, scheduleRemoval, scheduleSaving } from './schedule.ts';
import { exportCheck, lookAround, sourceChecks } from './source.ts';

type Composed = Pick<App, 'ports' | 'perform'>;

/** Who answers which operation. */
const handlers = ({ ports, perform }: Composed, version: string): Readonly<Record<Offered, ApiHandler>> => {
  const performed = performing(perform);
  return {
    'list-connections': listOfConnections((caller, page) => listConnections(ports, caller, page)),
    'get-connection': oneConnection((id, caller) => describeConnection(ports, id, caller)),
    'save-connection': putConnection((...asked) => saveConnection(ports, ...asked)),
    'rotate-key': putKey((...asked) => rotateKey(ports, ...asked)),
    'remove-connection': deleteConnection((...asked) => performed(removeConnection(ports, ...asked))),
    'connection-revisions': revisionsOfConnection((id, page) => listConnectionRevisions(ports, id, page)),
    'privacy-statement': statement,
    connect: connectBrand(ports.clock.now, (id, confirmed) => connect(ports, id, confirmed)),

    segments: lookAround('segments', () => lookAtSegments(ports)),
    columns: lookAround('columns', () => lookAtColumns(ports)),
    'check-source': sourceChecks(() => checkSource(ports)),

    'list-exports': exportList((...asked) => listExports(ports, ...asked)),
    'get-export': oneExport((...asked) => describeExport(ports, ...asked)),
    'save-export': exportSaving((...asked) => saveExport(ports, ...asked)),
    'remove-export': exportRemoval((...asked) => performed(removeExport(ports, ...asked))),
    'duplicate-export': exportDuplication((...asked) => duplicateExport(ports, ...asked)),
    'detach-export': exportDetaching((...asked) => performed(detachExport(ports, ...asked))),
    'export-revisions': exportRevisions((...asked) => listRevisions(ports, ...asked)),
    'schedule-exports': rescheduling((...asked) => scheduleExports(ports, ...asked)),
    'check-export': exportCheck((id) => checkExport(ports, id)),
    preview: preview((id, asked) => previewProfile(ports, id, asked)),

    'get-schedule': scheduleRead(() => loadRefresh(ports)),
    'save-schedule': scheduleSaving((...asked) => saveRefresh(ports, ...asked)),
    'remove-schedule': scheduleRemoval((...asked) => removeRefresh(ports, ...asked)),

    'run-export': runExport(ports.clock.now, (claim) => performed(requestRun(ports, claim))),
    'run-all': runningAll(async (...asked) => {
      const runs = await runAll(ports, ...asked);
      for (const { answer } of runs) await performed(Promise.resolve(answer));
      return runs;
    }),
    runs: runs((filter) => listRuns(ports, filter)),
    run: oneRun((id) => describeRun(ports, id)),
    rows: rows((id, outcome, range) => listRows(ports, id, outcome, range)),
    'row-values': rowValues((...asked) => readRowValues(ports, ...asked)),
    approve: approve((id) => performed(approveRun(ports, id))),
    cancel: cancel((id) => performed(cancelRun(ports, id))),

    'get-notifications': showNotifications(() => getNotifications(ports)),
    'save-notifications': putNotifications((...asked) => saveNotifications(ports, ...asked)),
    'remove-notifications': deleteNotifications((...asked) => removeNotifications(ports, ...asked)),
    'test-notifications': tryNotifications(() => testNotifications(ports)),

    forget: forgetAddress((email) => forget(ports, email)),
    'lift-forgetting': liftAddress((email) => liftForgetting(ports, email)),
    'health-details': healthDetails(version, rememberedHealth(ports)),
  };
};

type Messages = Awaited<Parameters<App['perform']>[0]>;

/** Sends what a step returns to be sent, if anything, last of all. */
const performing =
  (perform: App['perform']) =>
  async <T extends { readonly kind: string; readonly messages?: Messages }>(step: Promise<T>): Promise<T> => {
    const answer = await step;
    await perform(answer.messages ?? []);
    return answer;
  };

type ApiFunction = HttpFunctionOptions & { readonly name: Offered };

/** Every operation as a function of the host, behind its guard. */
export const apiFunctions = (app: App, version: string): readonly ApiFunction[] => {
  const { ports, authentication } = app;
  return entriesOf(handlers(app, version)).map(([name, handler]) => {
    const { method, route } = operations[name];
    return {
      name,
      route,
      methods: [method],
      // With Entra the platform turns away whoever has no token, before the app is asked.
      authLevel: authentication.kind === 'key' ? 'function' : 'anonymous',
      handler: guarded(
        { method, route },
        authentication,
        (caller, target) => authorise(ports, caller, name, target),
        handler,
      ),
    };
  });
};

function entriesOf<Name extends string, Value>(record: Readonly<Record<Name, Value>>) {
  const entries: (readonly [Name, Value])[] = [];
  for (const name in record) entries.push([name, record[name]]);
  return entries;
}

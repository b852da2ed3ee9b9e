import { app, type HttpHandler, type HttpMethod, type StorageQueueHandler } from '@azure/functions';
import { compose } from '../shared/compose.ts';
import type { RunId } from '../shared/domain/ids.ts';
import type { Claim } from '../shared/domain/run.ts';
import { steps } from '../shared/domain/turn.ts';
import { type Message, messages } from '../shared/messages.ts';
import { type Approval, approveRun } from '../shared/steps/approve-run.ts';
import { type Cancellation, cancelRun } from '../shared/steps/cancel-run.ts';
import { checkExport } from '../shared/steps/check-export.ts';
import { rememberedHealth } from '../shared/steps/check-health.ts';
import { connect } from '../shared/steps/connect.ts';
import { listConnectionRevisions } from '../shared/steps/connection-revisions.ts';
import { cutPages } from '../shared/steps/cut-pages.ts';
import { describeRun, listRuns } from '../shared/steps/describe-run.ts';
import { finish } from '../shared/steps/finish.ts';
import { forget, liftForgetting } from '../shared/steps/forget.ts';
import { describeConnection, listConnections } from '../shared/steps/list-connections.ts';
import { listRows } from '../shared/steps/list-rows.ts';
import { checkSource, lookAtColumns, lookAtSegments } from '../shared/steps/look-around.ts';
import { planShards } from '../shared/steps/plan-shards.ts';
import { poison, tellPoison } from '../shared/steps/poison.ts';
import { previewProfile } from '../shared/steps/preview-profile.ts';
import { readSlice } from '../shared/steps/read-slice.ts';
import { removeConnection } from '../shared/steps/remove-connection.ts';
import { removeOld } from '../shared/steps/remove-old.ts';
import { type RunRequest, requestRun } from '../shared/steps/request-run.ts';
import { rotateKey } from '../shared/steps/rotate-key.ts';
import { saveConnection } from '../shared/steps/save-connection.ts';
import { send } from '../shared/steps/send.ts';
import { settle } from '../shared/steps/settle.ts';
import { startDueRuns } from '../shared/steps/start-due-runs.ts';
import { startRun } from '../shared/steps/start-run.ts';
import { supervise } from '../shared/steps/supervise.ts';
import type { ApiHandler } from './api.ts';
import { approve } from './approve.ts';
import { atTheEdge } from './at-the-edge.ts';
import { cancel } from './cancel.ts';
import { connectBrand } from './connect.ts';
import { listOfConnections, oneConnection, revisionsOfConnection, statement } from './connections.ts';
import { forgetAddress, liftAddress } from './forget.ts';
import { health, healthDetails } from './health.ts';
import { preview } from './preview.ts';
import { poisoned, queueStep } from './queue-step.ts';
import { deleteConnection } from './remove-connection.ts';
import { putKey } from './rotate-key.ts';
import { runExport } from './run-export.ts';
import { oneRun, rows, runs } from './runs.ts';
import { putConnection } from './save-connection.ts';
import { exportCheck, lookAround, sourceChecks } from './source.ts';
import { timer } from './timer.ts';

/** Put in by the bundler, from package.json. */
declare const APP_VERSION: string;

// First, so that a wrong setting below fails with its own words, and not as "no functions found".
app.http('health', {
  route: 'health',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: health(APP_VERSION),
});

const stopping = new AbortController();
app.hook.appTerminate(() => stopping.abort());
const { ports, perform } = compose(process.env, stopping.signal);

// Every timer is in UTC; the time zone of a schedule is the schedule's own.
app.timer('scheduled-refresh', {
  schedule: '0 * * * * *',
  handler: timer(() => perform(startDueRuns(ports))),
});
app.timer('supervise', { schedule: '*/30 * * * * *', handler: timer(() => perform(supervise(ports))) });
app.timer('remove-old', { schedule: '0 17 * * * *', handler: timer(() => removeOld(ports)) });

queue(
  'start-run',
  queueStep(messages['start-run'], (message) => perform(startRun(ports, message))),
);
queue(
  'read-slice',
  queueStep(messages['read-slice'], (message) => perform(readSlice(ports, message))),
);
queue(
  'plan-shards',
  queueStep(messages['plan-shards'], (message) => perform(planShards(ports, message))),
);
queue(
  'cut-pages',
  queueStep(messages['cut-pages'], (message) => perform(cutPages(ports, message))),
);
queue(
  'send',
  queueStep(messages.send, (message) => perform(send(ports, message))),
);
queue(
  'settle',
  queueStep(messages.settle, (message) => perform(settle(ports, message))),
);
queue(
  'finish',
  queueStep(messages.finish, (message) => perform(finish(ports, message))),
);
for (const step of steps) {
  queue(
    `${step}-poison`,
    poisoned<Message>(
      messages[step],
      (message) => perform(poison(ports, message)),
      (trouble) => tellPoison(ports, step, trouble),
    ),
  );
}

http(
  'segments',
  'GET',
  'source/segments',
  lookAround('segments', () => lookAtSegments(ports)),
);
http(
  'columns',
  'GET',
  'source/columns',
  lookAround('columns', () => lookAtColumns(ports)),
);
http(
  'check-source',
  'GET',
  'source/check',
  sourceChecks(() => checkSource(ports)),
);
http(
  'check-export',
  'GET',
  'exports/{id}/check',
  exportCheck((id) => checkExport(ports, id)),
);
http(
  'preview',
  'POST',
  'exports/{id}/preview',
  preview((id, asked) => previewProfile(ports, id, asked)),
);
http(
  'connect',
  'POST',
  'connections/{id}/connect',
  connectBrand(ports.clock.now, (id, confirmed) => connect(ports, id, confirmed)),
);
http(
  'run-export',
  'POST',
  'exports/{id}/run',
  runExport(ports.clock.now, (claim) => request(claim)),
);
http(
  'runs',
  'GET',
  'runs',
  runs((filter) => listRuns(ports, filter)),
);
http(
  'run',
  'GET',
  'runs/{run}',
  oneRun((id) => describeRun(ports, id)),
);
http(
  'rows',
  'GET',
  'runs/{run}/rows',
  rows((id, outcome, range) => listRows(ports, id, outcome, range)),
);
http(
  'approve',
  'POST',
  'runs/{run}/approve',
  approve((id) => approved(id)),
);
http(
  'cancel',
  'POST',
  'runs/{run}/cancel',
  cancel((id) => cancelled(id)),
);
http(
  'forget',
  'POST',
  'forget',
  forgetAddress((email) => forget(ports, email)),
);
http(
  'lift-forgetting',
  'POST',
  'forget/lift',
  liftAddress((email) => liftForgetting(ports, email)),
);
api('health-details', 'GET', 'health/details', healthDetails(APP_VERSION, rememberedHealth(ports)));

api(
  'list-connections',
  'GET',
  'connections',
  listOfConnections((caller, page) => listConnections(ports, caller, page)),
);
api(
  'get-connection',
  'GET',
  'connections/{id}',
  oneConnection((id, caller) => describeConnection(ports, id, caller)),
);
api(
  'save-connection',
  'PUT',
  'connections/{id}',
  putConnection((caller, wanted, seen) => saveConnection(ports, caller, wanted, seen)),
);
api(
  'rotate-key',
  'PUT',
  'connections/{id}/key',
  putKey((id, caller, key, seen) => rotateKey(ports, id, caller, key, seen)),
);
api(
  'remove-connection',
  'DELETE',
  'connections/{id}',
  deleteConnection(async (...asked) => {
    const answer = await removeConnection(ports, ...asked);
    if (answer.kind === 'ending') await perform(answer.messages);
    return answer;
  }),
);
api(
  'connection-revisions',
  'GET',
  'connections/{id}/revisions',
  revisionsOfConnection((id, page) => listConnectionRevisions(ports, id, page)),
);
api('privacy-statement', 'GET', 'privacy-statement', statement);

function queue(queueName: string, handler: StorageQueueHandler): void {
  app.storageQueue(queueName, { queueName, connection: 'AzureWebJobsStorage', handler });
}

function http(name: string, method: HttpMethod, route: string, handler: HttpHandler): void {
  app.http(name, { route, methods: [method], authLevel: 'function', handler });
}

async function request(claim: Claim): Promise<RunRequest> {
  const answer = await requestRun(ports, claim);
  if (answer.kind === 'accepted') await perform(answer.messages);
  return answer;
}

async function approved(id: RunId): Promise<Approval> {
  const answer = await approveRun(ports, id);
  if (answer.kind === 'approved') await perform(answer.messages);
  return answer;
}

async function cancelled(id: RunId): Promise<Cancellation> {
  const answer = await cancelRun(ports, id);
  if (answer.kind === 'cancelling') await perform(answer.messages);
  return answer;
}

function api(name: string, method: HttpMethod, route: string, handler: ApiHandler): void {
  app.http(name, {
    route,
    methods: [method],
    authLevel: 'function',
    handler: atTheEdge((request) =>
      handler(request, { actor: { id: 'key', name: null }, role: 'administrator' }),
    ),
  });
}

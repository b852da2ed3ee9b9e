import { app, type StorageQueueHandler } from '@azure/functions';
import { compose } from '../shared/compose.ts';
import { steps } from '../shared/domain/turn.ts';
import { type Message, messages } from '../shared/messages.ts';
import { cutPages } from '../shared/steps/cut-pages.ts';
import { finish } from '../shared/steps/finish.ts';
import { planShards } from '../shared/steps/plan-shards.ts';
import { poison, tellPoison } from '../shared/steps/poison.ts';
import { readSlice } from '../shared/steps/read-slice.ts';
import { removeOld } from '../shared/steps/remove-old.ts';
import { send } from '../shared/steps/send.ts';
import { sendNotices } from '../shared/steps/send-notices.ts';
import { settle } from '../shared/steps/settle.ts';
import { startDueRuns } from '../shared/steps/start-due-runs.ts';
import { startRun } from '../shared/steps/start-run.ts';
import { supervise } from '../shared/steps/supervise.ts';
import { health } from './health.ts';
import { openApi } from './openapi.ts';
import { operations } from './operations.ts';
import { poisoned, queueStep } from './queue-step.ts';
import { apiFunctions } from './routes.ts';
import { timer } from './timer.ts';

/** Put in by the bundler, from package.json. */
declare const APP_VERSION: string;

// First, so that a wrong setting below fails with its own words, and not as "no functions found".
app.http('health', {
  route: operations.health.route,
  methods: [operations.health.method],
  authLevel: 'anonymous',
  handler: health(APP_VERSION),
});

const stopping = new AbortController();
app.hook.appTerminate(() => stopping.abort());
const composed = compose(process.env, stopping.signal);
const { ports, perform } = composed;

// Every timer is in UTC; the time zone of a schedule is the schedule's own.
app.timer('scheduled-refresh', {
  schedule: '0 * * * * *',
  handler: timer(() => perform(startDueRuns(ports))),
});
app.timer('supervise', {
  schedule: '*/30 * * * * *',
  handler: timer(async () => {
    await perform(supervise(ports));
    // Last: what receivers do with it must not keep a run waiting.
    await sendNotices(ports);
  }),
});
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

app.http('openapi', {
  route: operations.openapi.route,
  methods: [operations.openapi.method],
  authLevel: 'anonymous',
  handler: openApi(APP_VERSION),
});
for (const { name, ...options } of apiFunctions(composed, APP_VERSION)) app.http(name, options);

function queue(queueName: string, handler: StorageQueueHandler): void {
  app.storageQueue(queueName, { queueName, connection: 'AzureWebJobsStorage', handler });
}

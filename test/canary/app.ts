import { once } from 'node:events';
import type { StorageQueueHandler } from '@azure/functions';
import type { ApiHandler } from '../../functions/api.ts';
import { approve } from '../../functions/approve.ts';
import { connectBrand } from '../../functions/connect.ts';
import { listOfConnections, oneConnection, revisionsOfConnection } from '../../functions/connections.ts';
import { healthDetails } from '../../functions/health.ts';
import { putNotifications, showNotifications, tryNotifications } from '../../functions/notifications.ts';
import { poisoned, queueStep } from '../../functions/queue-step.ts';
import { deleteConnection } from '../../functions/remove-connection.ts';
import { putKey } from '../../functions/rotate-key.ts';
import { rowValues } from '../../functions/row-values.ts';
import { runExport } from '../../functions/run-export.ts';
import { oneRun, rows, runs } from '../../functions/runs.ts';
import { putConnection } from '../../functions/save-connection.ts';
import { dataverseSource } from '../../shared/adapters/dataverse/dataverse.ts';
import { keyVaultSecrets } from '../../shared/adapters/key-vault/secrets.ts';
import { httpNotifier } from '../../shared/adapters/notifications/notifier.ts';
import { omnisendDestination } from '../../shared/adapters/omnisend/destination.ts';
import { consoleLog } from '../../shared/adapters/system/console-log.ts';
import { connectionDefinition, exportDefinition } from '../../shared/domain/definition.ts';
import type { RunId } from '../../shared/domain/ids.ts';
import type { Run } from '../../shared/domain/run.ts';
import { isEnded } from '../../shared/domain/states.ts';
import type { Step } from '../../shared/domain/turn.ts';
import { type Message, messages } from '../../shared/messages.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { Outgoing } from '../../shared/ports/queue.ts';
import { at } from '../../shared/steps/addresses.ts';
import { approveRun } from '../../shared/steps/approve-run.ts';
import { rememberedHealth } from '../../shared/steps/check-health.ts';
import { connect } from '../../shared/steps/connect.ts';
import { listConnectionRevisions } from '../../shared/steps/connection-revisions.ts';
import { cutPages } from '../../shared/steps/cut-pages.ts';
import { describeRun } from '../../shared/steps/describe-run.ts';
import { finish } from '../../shared/steps/finish.ts';
import { describeConnection, listConnections } from '../../shared/steps/list-connections.ts';
import { listedOutcomes, listRows } from '../../shared/steps/list-rows.ts';
import { listRuns } from '../../shared/steps/list-runs.ts';
import { getNotifications, saveNotifications, testNotifications } from '../../shared/steps/notifications.ts';
import { planShards } from '../../shared/steps/plan-shards.ts';
import { poison, tellPoison } from '../../shared/steps/poison.ts';
import { readSlice } from '../../shared/steps/read-slice.ts';
import { removeConnection } from '../../shared/steps/remove-connection.ts';
import { requestRun } from '../../shared/steps/request-run.ts';
import { rotateKey } from '../../shared/steps/rotate-key.ts';
import { readRowValues, valuedOutcomes } from '../../shared/steps/row-values.ts';
import { saveConnection } from '../../shared/steps/save-connection.ts';
import { send } from '../../shared/steps/send.ts';
import { sendNotices } from '../../shared/steps/send-notices.ts';
import { settle } from '../../shared/steps/settle.ts';
import { startRun } from '../../shared/steps/start-run.ts';
import { supervise } from '../../shared/steps/supervise.ts';
import { callApi, loggingContext } from '../functions/call.ts';
import { memoryQueue } from '../memory/queue.ts';
import { savedConnectionOf, savedExportOf } from '../sandbox/saved.ts';
import { definition, secrets } from './canaries.ts';
import type { Ear } from './ear.ts';
import { keepingStorage } from './kept.ts';

const connection = savedConnectionOf(
  connectionDefinition.parse({ id: definition.connection, displayName: 'Brand A' }),
  'omnisend-brand-a',
);
const deliveries = 5;
const superviseEveryMs = 30_000;
/** Four hours of waiting, and some. */
const maxTurns = 4_000;

/** Waiting for a moment makes it come; what only its caller ends, as a sign of life, waits for that. */
const hastyClock = (stopping: AbortSignal): Clock & { set(moment: number): void } => {
  let now = Date.now();
  return {
    now: () => now,
    set: (moment) => {
      now = Math.max(now, moment);
    },
    async sleepUntil(until, signal) {
      if (signal === undefined || signal === stopping) now = Math.max(now, until);
      else if (!signal.aborted) await once(signal, 'abort');
    },
    random: () => 0.5,
  };
};

export interface Outside {
  readonly dataverse: string;
  readonly omnisend: string;
  readonly vault: string;
}

/** The app's functions and steps with its real adapters to the outside, and a storage account in memory. */
export const startApp = async (outside: Outside, ear: Ear) => {
  const stopping = new AbortController().signal;
  const clock = hastyClock(stopping);
  const queue = memoryQueue(clock);
  const credential = {
    getToken: async () => ({ token: secrets.token, expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  const { kept, store, blobs } = keepingStorage();
  let secretsMade = 0;
  const ports: Ports = {
    store,
    blobs,
    queue,
    secrets: keyVaultSecrets({ vaultUrl: outside.vault, credential, clock, sandbox: true }),
    source: dataverseSource({
      url: outside.dataverse,
      tokens: { get: async () => ({ kind: 'ok', token: secrets.token }) },
      clock,
    }),
    destination: omnisendDestination({ baseUrl: `${outside.omnisend}/api`, clock }),
    notifier: httpNotifier({ hosts: ['127.0.0.1'], sandbox: true }),
    clock,
    log: consoleLog,
    limits: { requestsPerMinute: 400, tagsPerMinute: 60, startRate: 0.97, readConcurrency: 4 },
    newSecret: () => {
      secretsMade += 1;
      return `${secrets.hash}-${secretsMade}`;
    },
    stopping,
  };
  await ports.store.connections.insert(at.connection(connection.definition.id), connection);
  const exported = exportDefinition.parse(definition);
  await ports.store.exports.insert(at.export(exported.id), savedExportOf(exported));

  const perform = async (step: Promise<readonly Outgoing[]> | readonly Outgoing[]): Promise<void> => {
    for (const outgoing of await step) {
      ear.hear('queue message', JSON.stringify(outgoing));
      await queue.put(outgoing);
    }
  };
  const functions: Readonly<Record<Step, StorageQueueHandler>> = {
    'start-run': queueStep(messages['start-run'], (message) => perform(startRun(ports, message))),
    'read-slice': queueStep(messages['read-slice'], (message) => perform(readSlice(ports, message))),
    'plan-shards': queueStep(messages['plan-shards'], (message) => perform(planShards(ports, message))),
    'cut-pages': queueStep(messages['cut-pages'], (message) => perform(cutPages(ports, message))),
    send: queueStep(messages.send, (message) => perform(send(ports, message))),
    settle: queueStep(messages.settle, (message) => perform(settle(ports, message))),
    finish: queueStep(messages.finish, (message) => perform(finish(ports, message))),
  };

  /** Runs a function as the host does, which logs what it throws. */
  const invoke = async (run: StorageQueueHandler, name: string, message: unknown): Promise<boolean> => {
    const { context, lines } = loggingContext(name);
    try {
      await run(message, context);
      return true;
    } catch (error) {
      ear.hear('error', error);
      return false;
    } finally {
      for (const line of lines) ear.hear('log', line);
    }
  };

  /** A message that comes in on a queue, whatever it says. */
  const receive = (step: Step, message: unknown) => invoke(functions[step], step, message);
  const receivePoison = (step: Step, message: unknown) =>
    invoke(
      poisoned<Message>(
        messages[step],
        (parsed) => perform(poison(ports, parsed)),
        (trouble) => tellPoison(ports, step, trouble),
      ),
      `${step}-poison`,
      message,
    );

  const deliver = async (): Promise<boolean> => {
    const received = queue.receive();
    if (received === undefined) return false;
    const { message, dequeueCount } = received;
    if (await receive(message.step, message)) queue.delete(received);
    else if (dequeueCount < deliveries) queue.release(received, 10);
    else {
      queue.delete(received);
      await receivePoison(message.step, message);
    }
    return true;
  };

  const runOf = async (id: RunId): Promise<Run | undefined> =>
    (await ports.store.runs.get(at.run(id)))?.value;

  const http = async (...given: Parameters<typeof callApi>): Promise<string> => {
    const { text, headers, errors } = await callApi(...given);
    ear.hear('answer', `${text} ${JSON.stringify([...headers])}`);
    for (const error of errors) ear.hear('log', error);
    return text;
  };

  const requested = runExport(clock.now, async (claim) => {
    const answer = await requestRun(ports, claim);
    if (answer.kind === 'accepted') await perform(answer.messages);
    return answer;
  });
  const askForRun = (options: { readonly body?: string; readonly headers?: Record<string, string> }) =>
    http(requested, { method: 'POST', params: { id: exported.id }, ...options });

  const connecting = connectBrand(clock.now, (id, confirmed) => connect(ports, id, confirmed));
  const askToConnect = (options: { readonly body?: string } = {}) =>
    http(connecting, { method: 'POST', params: { id: connection.definition.id }, ...options });

  const handlers = {
    'list-connections': listOfConnections((who, page) => listConnections(ports, who, page)),
    'get-connection': oneConnection((id, who) => describeConnection(ports, id, who)),
    'save-connection': putConnection((who, wanted, seen) => saveConnection(ports, who, wanted, seen)),
    'rotate-key': putKey((id, who, key, seen) => rotateKey(ports, id, who, key, seen)),
    'remove-connection': deleteConnection((...asked) => removeConnection(ports, ...asked)),
    'connection-revisions': revisionsOfConnection((id, page) => listConnectionRevisions(ports, id, page)),
    'save-notifications': putNotifications((who, wanted, seen) =>
      saveNotifications(ports, who, wanted, seen),
    ),
    'get-notifications': showNotifications(() => getNotifications(ports)),
    'test-notifications': tryNotifications(() => testNotifications(ports)),
  } satisfies Readonly<Record<string, ApiHandler>>;
  const values = rowValues((caller, run, asked) => readRowValues(ports, caller, run, asked));

  const api = (operation: keyof typeof handlers, options: Parameters<typeof callApi>[1] = {}) =>
    http(handlers[operation], { params: { id: connection.definition.id }, ...options });

  return {
    ports,
    /** All that was ever written to a table or a blob. */
    kept,
    /** Operations on connections, by an administrator. */
    api,
    tellOfRuns: () => sendNotices(ports),
    /** Rows with their values: an answer that is meant to have them, so nobody listens to it. */
    async askForValues(id: RunId): Promise<string> {
      const texts: string[] = [];
      for (const outcome of valuedOutcomes) {
        const { text, errors } = await callApi(values, { path: `?outcome=${outcome}`, params: { run: id } });
        texts.push(text);
        for (const error of errors) ear.hear('log', error);
      }
      return texts.join('\n');
    },
    receive,
    receivePoison,
    askForRun,
    askToConnect,
    askForHealth: () => {
      const details = healthDetails('1.2.3', rememberedHealth(ports));
      return http((request) => details(request, { actor: { id: 'key', name: null }, role: 'viewer' }));
    },
    /** Lets a new run go on to its end; `between` is called before every message. */
    async run(between: (run: Run) => Promise<void> = async () => undefined): Promise<Run> {
      await askForRun({});
      const [row] = await ports.store.runs.list(exported.id);
      if (row === undefined) throw new Error('No run was made.');
      let nextLook = clock.now();
      for (let turn = 0; turn < maxTurns; turn += 1) {
        const run = await runOf(row.value.id);
        if (run === undefined || isEnded(run.state)) return run ?? row.value;
        await between(run);
        if (await deliver()) continue;
        clock.set(Math.min(queue.nextVisibleAt() ?? Number.POSITIVE_INFINITY, nextLook));
        if (clock.now() < nextLook) continue;
        nextLook = clock.now() + superviseEveryMs;
        await perform(supervise(ports));
      }
      throw new Error(`The run does not end: it is ${(await runOf(row.value.id))?.state}.`);
    },
    /** Every answer of the API about a run. */
    async askAll(id: RunId): Promise<readonly string[]> {
      const params = { run: id };
      const listed = rows((run, outcome, range) => listRows(ports, run, outcome, range));
      const answers = [
        await http(runs((filter) => listRuns(ports, filter))),
        await http(
          oneRun((run) => describeRun(ports, run)),
          { params },
        ),
        await http(
          approve((run) => approveRun(ports, run)),
          { method: 'POST', params },
        ),
      ];
      for (const outcome of listedOutcomes) {
        for (const format of ['json', 'csv']) {
          answers.push(await http(listed, { path: `?outcome=${outcome}&format=${format}`, params }));
        }
      }
      return answers;
    },
  };
};

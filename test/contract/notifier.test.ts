import { onTestFinished } from 'vitest';
import { httpNotifier } from '../../shared/adapters/notifications/notifier.ts';
import { memoryNotifier } from '../memory/notifier.ts';
import { startReceiver } from '../sandbox/receiver/receiver.ts';
import { describeNotifier } from './notifier.contract.ts';

describeNotifier('over HTTP', async (hosts = ['127.0.0.1']) => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  return {
    notifier: httpNotifier({ hosts, sandbox: true }),
    url: `${receiver.url}/hook?sig=1`,
    arrived: () => receiver.received,
    answer: (status) => receiver.behave({ kind: 'answer', status }),
  };
});

describeNotifier('in memory', async (hosts) => {
  const notifier = memoryNotifier(hosts);
  return {
    notifier,
    url: 'https://hooks.example.com/hook?sig=1',
    arrived: () => notifier.sent,
    answer: (status) => notifier.answer({ kind: 'failed', code: `status-${status}` }),
  };
});

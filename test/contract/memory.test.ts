import { z } from 'zod';
import type { Message } from '../../shared/messages.ts';
import { memoryBlobs } from '../memory/blobs.ts';
import { virtualClock } from '../memory/clock.ts';
import { memoryQueue } from '../memory/queue.ts';
import { memoryTable } from '../memory/rows.ts';
import { describeBlobs } from './blobs.contract.ts';
import { describeQueue } from './queue.contract.ts';
import { describeRows, sample } from './rows.contract.ts';

describeRows('memory', async () => {
  const table = memoryTable('sample');
  return { rows: table(sample), foreign: table(z.unknown()) };
});

describeBlobs('memory', async () => memoryBlobs());

describeQueue('memory', async () => {
  const queue = memoryQueue(virtualClock());
  return {
    queue,
    async receive(step: Message['step']) {
      const seen: Message[] = [];
      for (let next = queue.receive({ step }); next; next = queue.receive({ step })) seen.push(next.message);
      return seen;
    },
  };
});

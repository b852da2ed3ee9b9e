import type { QueueClient } from '@azure/storage-queue';
import type { Queue } from '../../ports/queue.ts';
import { encodeMessage, wholeDelaySeconds } from './limits.ts';

const probeSeconds = 60;

/** One queue per step in Azure Queue storage. */
export const stepQueue = (client: (name: string) => Promise<QueueClient>): Queue => ({
  async put({ message, delaySeconds }) {
    const visibilityTimeout = wholeDelaySeconds(delaySeconds);
    // Base64 is what the host expects by default.
    const text = Buffer.from(encodeMessage(message)).toString('base64');
    // -1: never. The default of seven days would lose a message that was put with a long delay.
    await (await client(message.step)).sendMessage(text, { visibilityTimeout, messageTimeToLive: -1 });
  },

  async probe() {
    const queue = await client('finish');
    // Hidden for as long as it lives, should it not come to be taken back.
    const hidden = { visibilityTimeout: probeSeconds - 1, messageTimeToLive: probeSeconds };
    const { messageId, popReceipt } = await queue.sendMessage('probe', hidden);
    await queue.deleteMessage(messageId, popReceipt);
  },
});

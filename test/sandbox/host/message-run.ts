import type { DequeuedMessageItem } from '@azure/storage-queue';
import { errorText } from './logs.ts';
import { lockSeconds, type QueueListenerOptions } from './queue-listener.ts';
import { decodeMessage } from './queue-message.ts';
import { sendMaking } from './queue-output.ts';

export type MessageRun = {
  /** Never rejects. */
  readonly ended: Promise<void>;
  release(): Promise<void>;
};

/** The life of one received message: lock, run, and one of three ways out. `stopped` shuts all three. */
export function startMessageRun(
  options: QueueListenerOptions,
  message: DequeuedMessageItem,
  stopped: AbortSignal,
): MessageRun {
  const { queue, poisonQueue, settings, clock, writeLog } = options;
  const over = new AbortController();
  const until = AbortSignal.any([over.signal, stopped]);
  let popReceipt = message.popReceipt;
  const renewing = renewLock();

  async function renewLock(): Promise<void> {
    const seconds = clock.storageSeconds(lockSeconds);
    while (true) {
      await clock.wait((seconds * clock.speed * 1000) / 2, until);
      if (until.aborted) return;
      try {
        const renewed = await queue.updateMessage(message.messageId, popReceipt, undefined, seconds);
        popReceipt = renewed.popReceipt ?? popReceipt;
      } catch (error) {
        // The message has another owner by now, or is gone.
        log('warning', `Renewing message ${message.messageId} failed: ${errorText(error)}`);
        return;
      }
    }
  }

  async function release(visibleAfterSeconds: number): Promise<void> {
    over.abort();
    await renewing;
    await queue.updateMessage(message.messageId, popReceipt, undefined, visibleAfterSeconds);
  }

  async function remove(): Promise<void> {
    over.abort();
    await renewing;
    await queue.deleteMessage(message.messageId, popReceipt);
  }

  async function poison(): Promise<void> {
    // Without a poison queue the message stays hidden for the rest of its lock and then comes again, for ever.
    if (poisonQueue === undefined) return;
    await sendMaking(poisonQueue, message.messageText);
    await remove();
  }

  async function fail(): Promise<void> {
    if (poisonQueue === undefined) return;
    if (message.dequeueCount < settings.maxDequeueCount) {
      await release(clock.storageSeconds(settings.visibilityTimeoutSeconds));
      return;
    }
    const moving = `Moving message to queue '${poisonQueue.name}'.`;
    log('error', `Message has reached MaxDequeueCount of ${settings.maxDequeueCount}. ${moving}`);
    await poison();
  }

  async function go(): Promise<void> {
    if (message.dequeueCount > settings.maxDequeueCount) return poison();
    const decoded = decodeMessage(message.messageText, settings.messageEncoding);
    switch (decoded.kind) {
      case 'undecodable':
        log('error', 'Message decoding has failed! Check MessageEncoding settings.');
        return poison();
      case 'not-utf8':
        log('error', 'The message is no UTF-8 text.');
        return fail();
      case 'text': {
        const outcome = await options.run(decoded.text, message);
        if (stopped.aborted) return;
        return outcome === 'succeeded' ? remove() : fail();
      }
    }
  }

  function log(level: 'warning' | 'error', text: string): void {
    writeLog({ level, category: 'Host.Triggers.Queue', message: text });
  }

  const ended = go()
    .catch((error: unknown) =>
      log('error', `Settling message ${message.messageId} failed: ${errorText(error)}`),
    )
    .finally(() => over.abort());
  return { ended, release: () => release(0) };
}

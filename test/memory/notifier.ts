import type { Delivery, Notifier } from '../../shared/ports/notifier.ts';

interface Sent {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface MemoryNotifier extends Notifier {
  /** What arrived, and what was answered to. */
  readonly sent: readonly Sent[];
  /** From now on the receiver answers so. */
  answer(delivery: Delivery): void;
}

/** A receiver in memory. It is told all that is sent to an allowed host, whatever it answers. */
export const memoryNotifier = (hosts: readonly string[] = ['hooks.example.com']): MemoryNotifier => {
  const sent: Sent[] = [];
  let delivery: Delivery = { kind: 'delivered' };
  const check: Notifier['check'] = (text) => {
    if (hosts.length === 0) return { kind: 'off' };
    const url = URL.parse(text);
    if (url === null) return { kind: 'refused', reason: 'It is no address.' };
    return url.protocol === 'https:' && hosts.includes(url.hostname)
      ? { kind: 'ok', host: url.hostname }
      : { kind: 'refused', reason: 'Its host is none of those that the setting NOTIFY_HOSTS allows.' };
  };
  return {
    sent,
    answer(next) {
      delivery = next;
    },
    check,
    async send(url, message) {
      if (check(url).kind !== 'ok') return { kind: 'failed', code: 'host-not-allowed' };
      sent.push({ url, ...message });
      return delivery;
    },
  };
};

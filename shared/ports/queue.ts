import type { Message } from '../domain/message.ts';

/** A message to be put, not before `delaySeconds` from now (whole seconds, 0 to 7 days). */
export interface Outgoing {
  readonly message: Message;
  readonly delaySeconds: number;
}

/** Messages are delivered at least once, in no order. */
export interface Queue {
  put(outgoing: Outgoing): Promise<void>;
  /** Puts a message that nobody receives, and takes it back. Throws where that does not work. */
  probe(): Promise<void>;
}

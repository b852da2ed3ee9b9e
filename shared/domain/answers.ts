import type { BatchId } from './ids.ts';

/** A fault that a person must mend: where it is, what is wrong, what to do. */
export interface ConfigurationFault {
  readonly field: string;
  readonly message: string;
  readonly remedy: string;
}

/** A field that Omnisend found fault with: its own words, capped and masked by the adapter. */
export interface FieldFault {
  readonly field: string;
  readonly code: string;
  readonly message: string;
}

/** An expected answer of the destination other than success, classed by what to do next. */
export type DestinationFault =
  /** Again as told, free of charge. `retryAfterSeconds` is absent where Omnisend did not say. */
  | { readonly kind: 'throttled'; readonly retryAfterSeconds?: number }
  /** 408, 5xx, transport, HTML, or a 2xx without an id: the effect is unknown. */
  | { readonly kind: 'ambiguous'; readonly message: string }
  /** 400: the body, or one row of it, is wrong. */
  | { readonly kind: 'refused'; readonly faults: readonly FieldFault[] }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'unauthorised' }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'absent' }
  /** 409: an identifier belongs to another contact. */
  | { readonly kind: 'conflict' }
  /** 410: this API version is retired. */
  | { readonly kind: 'retired' };

export type DestinationAnswer<T> = { readonly kind: 'ok'; readonly value: T } | DestinationFault;

export type RemoteBatchState = 'pending' | 'inProgress' | 'finished' | 'stopped';

/** A batch as Omnisend lists it. Times in ms since 1970. */
export interface RemoteBatch {
  readonly id: BatchId;
  readonly state: RemoteBatchState;
  /** What we sent as `origin`, where Omnisend gives it back. */
  readonly origin: string;
  readonly createdAt: number;
  readonly total: number;
  readonly finished: number;
  readonly errors: number;
}

/** What Omnisend says of one item of a batch. */
export interface ItemAnswer {
  /** The address in the request that Omnisend gives back: items have no position to be matched by. */
  readonly email: string;
  /** Digest of the whole request as Omnisend gives it back, comparable with `Destination.requestDigest`. */
  readonly digest: string;
  readonly result:
    | { readonly kind: 'accepted' }
    | { readonly kind: 'refused'; readonly faults: readonly FieldFault[] }
    /** 409: once more without the phone. */
    | { readonly kind: 'conflict' }
    /** 403, 408, 429, 5xx: again; a throttled one costs no attempt. */
    | { readonly kind: 'again'; readonly throttled: boolean }
    /** No answer yet. */
    | { readonly kind: 'open' };
}

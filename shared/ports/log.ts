/**
 * Every event the app reports, one per step; each has its `run` where there is one. Fields are counts, ids, states and
 * codes; never a value of a row.
 */
export type EventName =
  | 'connection-checked'
  | 'connection-saved'
  | 'connection-removed'
  | 'key-rotated'
  | 'profile-previewed'
  | 'export-changed'
  | 'schedule-changed'
  | 'run-requested'
  | 'run-skipped'
  | 'run-held'
  | 'run-waits'
  | 'run-started'
  | 'slice-read'
  | 'source-faulted'
  | 'supervision-failed'
  | 'address-forgotten'
  | 'address-erased'
  | 'forgetting-lifted'
  | 'row-values-read'
  | 'notifications-changed'
  | 'notice-sent'
  | 'notice-failed'
  | 'notice-given-up'
  | 'shards-planned'
  | 'pages-cut'
  | 'lane-worked'
  | 'batches-settled'
  | 'tags-requested'
  | 'run-ended'
  | 'supervised'
  | 'old-removed'
  | 'message-poisoned'
  | 'message-unreadable'
  | 'poison-failed'
  | 'health-checked'
  | 'step-without-effect';

export type EventFields = Readonly<Record<string, string | number | boolean | null>>;

export interface Log {
  info(event: EventName, fields: EventFields): void;
  warn(event: EventName, fields: EventFields): void;
  error(event: EventName, fields: EventFields): void;
}

import { z } from 'zod';
import { optionalFields, propertyType } from '../shared/domain/definition.ts';
import { brandId, connectionId, exportId, runId } from '../shared/domain/ids.ts';
import { runKind } from '../shared/domain/run.ts';
import { type RunState, runStates } from '../shared/domain/states.ts';
import { runTally } from '../shared/domain/tally.ts';
import { listedOutcomes } from '../shared/steps/list-rows.ts';

// What answers look like, for the OpenAPI document. Members may be added to an answer at any time, so callers ignore
// those that they do not know.

const count = z.int().min(0);
const moment = z.string().meta({ format: 'date-time' });
const reason = z.looseObject({ code: z.string(), message: z.string() });
const state = z.enum(runStates as [RunState, ...RunState[]]);

/** https://www.rfc-editor.org/rfc/rfc9457; `detail` says what to do next. */
export const problemView = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  /** Of a wrong body or query: every fault at once. */
  errors: z.array(z.looseObject({ field: z.string(), message: z.string() })).optional(),
});

export const health = z.looseObject({ status: z.literal('up'), version: z.string() });

export const segments = z.looseObject({
  segments: z.array(
    z.looseObject({
      name: z.string(),
      friendlyName: z.string(),
      members: count.nullable(),
      state: z.enum(['active', 'inactive', 'unknown']),
      evaluatedAt: z.int().nullable().describe('ms since 1970'),
      warning: z.string().optional(),
    }),
  ),
});

export const columns = z.looseObject({
  columns: z.array(
    z.looseObject({
      name: z.string(),
      type: z.enum([...propertyType.options, 'other']),
      displayName: z.string(),
      guess: z.enum(['email', ...optionalFields]).nullable(),
    }),
  ),
});

export const sourceChecks = z.looseObject({
  ok: z.boolean(),
  checks: z.array(
    z.looseObject({ name: z.string(), ok: z.boolean(), message: z.string(), remedy: z.string() }),
  ),
});

const fault = z.looseObject({ field: z.string(), message: z.string(), remedy: z.string() });

export const checkedExport = z.looseObject({ export: exportId, ok: z.boolean(), faults: z.array(fault) });

export const preview = z.looseObject({
  export: exportId,
  customerId: z.string(),
  decision: z.looseObject({ kind: z.string(), why: z.string() }),
  contact: z.looseObject({ email: z.string() }).nullable(),
  markers: z.looseObject({ set: z.array(z.string()), taken: z.array(z.string()) }),
  leftOut: z.array(z.looseObject({ field: z.string(), reason: z.string() })),
  notes: z.array(z.string()),
});

const permission = z.enum(['granted', 'missing']);

export const connected = z.looseObject({
  connection: connectionId,
  brand: z.looseObject({ id: brandId, name: z.string() }),
  permissions: z.looseObject({ read: permission, write: permission, brand: permission }),
  advice: z.array(z.string()),
  resumed: z.array(exportId).describe('exports that were paused until now'),
});

export const requestedRun = z.looseObject({ run: runId, url: z.url() });

const runSummary = z.looseObject({
  id: runId,
  export: exportId,
  kind: runKind,
  retryOf: runId.nullable(),
  trigger: z.enum(['schedule', 'http']),
  state,
  reason: reason.nullable(),
  requestedAt: moment,
  startedAt: moment.nullable(),
  endedAt: moment.nullable(),
  tally: runTally.nullable(),
});

const skipped = z.looseObject({
  id: z.null(),
  export: exportId,
  state: z.literal('skipped'),
  reason,
  requestedAt: moment,
});

export const runs = z.looseObject({
  runs: z.array(z.union([runSummary, skipped])),
  next: z.string().nullable(),
});

export const run = z.looseObject({
  ...runSummary.shape,
  segments: z.array(z.string()),
  brand: z.string().nullable(),
  progress: z.looseObject({
    reading: z.looseObject({ slices: count, read: count, rows: count }),
    planning: z.looseObject({ shards: count, planned: count }),
    sending: z.looseObject({ pages: count, batches: count, posted: count, settled: count }),
    tagging: z.looseObject({ calls: count, requested: count }),
  }),
  changes: z.looseObject({ upserts: count, newToOmnisend: count, leaves: count }).nullable(),
  wouldHold: z.array(reason).nullable(),
});

export const rows = z.looseObject({
  rows: z.array(
    z.looseObject({
      customerId: z.string(),
      outcome: z.enum(listedOutcomes),
      field: z.string(),
      reason: z.string(),
      message: z.string(),
    }),
  ),
  next: count.nullable().describe('offset of the next page'),
});

export const rowValues = z.looseObject({
  rows: z.array(z.looseObject({ customerId: z.string(), outcome: z.string() })),
  next: z.string().nullable(),
});

export const runState = z.looseObject({ run: runId, state });

export const forgotten = z.looseObject({
  state: z.enum(['erased', 'erased-again-later']),
  erased: z.record(z.string(), count),
  active: z.array(runId),
  brands: z.array(z.looseObject({ export: exportId, brand: brandId })),
  byHand: z.array(z.string()),
});

export const lifted = z.looseObject({ state: z.literal('lifted') });

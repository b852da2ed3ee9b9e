import { z } from 'zod';
import { exportDefinition, refreshSchedule } from '../shared/domain/definition.ts';
import { brandId, connectionId, exportId, runId } from '../shared/domain/ids.ts';
import { actor, revision } from '../shared/domain/saved.ts';
import { runStates } from '../shared/domain/states.ts';

/** What the operations on exports and schedules answer. */
const moment = z.string().meta({ format: 'date-time' });
const touch = z.looseObject({ at: moment, by: actor });
const fault = z.looseObject({ field: z.string(), message: z.string(), remedy: z.string() });
const document = { revision: z.int(), created: touch, updated: touch };

const summary = z.looseObject({
  id: exportId,
  displayName: z.string(),
  connection: z.looseObject({ id: connectionId, displayName: z.string().nullable() }),
  segments: z.array(z.string()),
  state: z.enum(['active', 'paused', 'detached']),
  lastRun: z.looseObject({ id: runId, state: z.enum(runStates), endedAt: moment.nullable() }).nullable(),
  schedule: exportDefinition.shape.schedule,
  nextOccurrence: moment.nullable(),
  permissions: z.array(z.enum(['view', 'edit', 'run'])),
  ...document,
});

export const exportsView = z.looseObject({ exports: z.array(summary), next: z.string().nullable() });

export const exportView = summary.extend({
  definition: exportDefinition,
  paused: z.looseObject({ reason: z.string(), remedy: z.string(), at: moment }).nullable(),
  nextOccurrences: z.array(moment),
  warnings: z.array(fault).nullable(),
});

export const savedExportView = z.looseObject({
  id: exportId,
  revision: z.int(),
  definition: exportDefinition,
  warnings: z.array(fault),
});

export const checkedExportView = z.looseObject({
  id: exportId,
  ok: z.literal(true),
  warnings: z.array(fault),
});

export const revisionsView = z.looseObject({
  revisions: z.array(
    z.looseObject({
      revision: z.int(),
      what: revision.shape.what,
      at: moment,
      by: actor,
      definition: revision.shape.definition,
    }),
  ),
  next: z.string().nullable(),
});

export const removedExportView = z.looseObject({
  state: z.literal('removed'),
  markers: z.array(z.looseObject({ brand: brandId, name: z.string() })),
  detail: z.string(),
});

export const detachedExportView = z.looseObject({ id: exportId, state: z.literal('detached') });

export const endingView = z.looseObject({
  state: z.literal('ending'),
  run: runId,
  url: z.string(),
  detail: z.string(),
});

export const rescheduledView = z.looseObject({
  exports: z.array(
    z.looseObject({
      export: exportId,
      result: z.enum(['scheduled', 'unchanged', 'unknown-export', 'forbidden']),
      revision: z.int().nullable(),
      nextOccurrence: moment.nullable(),
    }),
  ),
});

export const runAllView = z.looseObject({
  runs: z.array(
    z.looseObject({
      export: exportId,
      result: z.string(),
      run: runId.nullable(),
      url: z.string().nullable(),
      detail: z.string().nullable(),
    }),
  ),
});

export const refreshView = z.looseObject({
  definition: refreshSchedule,
  revision: z.int(),
  updated: touch,
  nextOccurrences: z.array(moment),
});

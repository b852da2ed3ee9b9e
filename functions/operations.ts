import type { Operation } from '../shared/domain/access.ts';
import { appOperations } from './operations/app.ts';
import { connectionsOperations } from './operations/connections.ts';
import { exportsOperations } from './operations/exports.ts';
import { runsOperations } from './operations/runs.ts';
import type { Anonymous, OperationSpec } from './operations/spec.ts';

/** An operation that may be called. */
export type Offered = Operation;

/** Every operation of the API: what `main.ts` registers, and what the OpenAPI document describes. */
export const operations = {
  ...appOperations,
  ...connectionsOperations,
  ...exportsOperations,
  ...runsOperations,
} as const satisfies Readonly<Record<Offered | Anonymous, OperationSpec>>;

export const specOf = (name: Offered | Anonymous): OperationSpec => operations[name];

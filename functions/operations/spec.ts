import type { z } from 'zod';
import type { Operation } from '../../shared/domain/access.ts';

/** One operation as callers see it: what `main.ts` registers, and what the OpenAPI document says. */
export interface OperationSpec {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Under `/api/`. What an operation is about is in its beginning: `connections/{id}`, `exports/{id}`, `runs/{run}`. */
  readonly route: string;
  readonly summary: string;
  /** JSON; where the schema takes `{}`, no body at all will do. */
  readonly body?: z.ZodType;
  readonly query?: z.ZodObject;
  /** `if-match`: needed to change or remove a document. `if-none-match`: `*` in its place makes one. */
  readonly headers?: readonly ('idempotency-key' | 'if-match' | 'if-none-match')[];
  /** By status: the answer's JSON, or `null` for none. */
  readonly answers: Readonly<Record<number, z.ZodType | null>>;
  /** In place of JSON on request. */
  readonly otherType?: 'text/csv';
  /**
   * Statuses of problems, but for those that follow from the rest: 400, 413 with a body or a query, 401, 403, 404
   * for what is named in the route, 412 and 428 with `if-match`.
   */
  readonly problems?: readonly number[];
}

/** For everybody on earth, so nothing of anybody is in their answers. */
export const anonymous = ['health', 'openapi'] as const;
export type Anonymous = (typeof anonymous)[number];

/** By the name of the operation in `access`, which is its function's too, and its id in the OpenAPI document. */
export type OperationSpecs = Readonly<Partial<Record<Operation | Anonymous, OperationSpec>>>;

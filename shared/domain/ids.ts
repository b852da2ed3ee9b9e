import { z } from 'zod';

/** Lower-case slug of an export; part of row keys and blob paths. */
export const exportId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'use 1 to 40 of a-z, 0-9 and "-", starting with a letter')
  .brand<'ExportId'>();
export type ExportId = z.infer<typeof exportId>;

export const connectionId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'use 1 to 40 of a-z, 0-9 and "-", starting with a letter')
  .brand<'ConnectionId'>();
export type ConnectionId = z.infer<typeof connectionId>;

/** `<export id>.<occurrence or hash of the idempotency key>`: the export is found from the run's id alone. */
export const runId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}\.[A-Za-z0-9]{1,40}$/)
  .brand<'RunId'>();
export type RunId = z.infer<typeof runId>;

/** Omnisend's own id of a brand: 24 hex characters today, so nothing is assumed but a safe row key. */
export const brandId = z
  .string()
  .regex(/^[A-Za-z0-9]{1,64}$/)
  .brand<'BrandId'>();
export type BrandId = z.infer<typeof brandId>;

/** An id that Omnisend gave to a batch. */
export const batchId = z.string().min(1).max(100).brand<'BatchId'>();
export type BatchId = z.infer<typeof batchId>;

/** 32 hex characters: the contact's key, hashed with the export's secret. */
export const keyHash = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .brand<'KeyHash'>();
export type KeyHash = z.infer<typeof keyHash>;

/** Customer Insights' id of a unified customer. It changes when profiles merge: for tracing only, never a key. */
export const customerId = z.string().min(1).max(100).brand<'CustomerId'>();
export type CustomerId = z.infer<typeof customerId>;

export const exportOf = (run: RunId): ExportId => exportId.parse(run.slice(0, run.indexOf('.')));

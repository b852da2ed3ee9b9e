/**
 * The version of Omnisend's REST API that this adapter speaks, as published on 2026-11-21:
 * https://api-docs.omnisend.com/docs/migrate-from-v5-to-v2026-03-15. A retired version answers 410.
 */
export const apiVersion = '2026-03-15';

/** Courtesy headers, as Omnisend's own plugin sends them; at most 50 characters each. */
export const integration = { name: 'customer-insights-omnisend-export', version: '0.1.0' } as const;

export const limits = {
  /** https://api-docs.omnisend.com/v2026-03-15/reference/post_batches */
  contactsPerBatch: 100,
  contactsPerTagCall: 250,
  batchesPerListing: 250,
  /** What writes may have been taken although its answer is late, so it waits longer than what reads. */
  postTimeoutMs: 30_000,
  /** https://api-docs.omnisend.com/reference/rate-limit-timeouts-errors.md */
  timeoutMs: 10_000,
  /** The items of a batch come back with their requests, which are under 1 MB together. */
  answerBytes: 16_000_000,
  faultsPerAnswer: 10,
} as const;

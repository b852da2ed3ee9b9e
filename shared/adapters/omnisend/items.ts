import { z } from 'zod';
import type { ItemAnswer } from '../../domain/answers.ts';
import { digestOf, emailOf, sentValues } from './contacts.ts';
import { fieldFaults, looksRefused, problemStatus } from './faults.ts';

const batchItem = z.object({
  itemID: z.string().optional().catch(undefined),
  request: z.unknown().optional(),
  response: z.unknown().optional(),
  responseCode: z.coerce.number().int().optional().catch(undefined),
  status: z.string().optional().catch(undefined),
});
type BatchItem = z.infer<typeof batchItem>;

const list = z
  .array(batchItem)
  .nullish()
  .transform((items) => items ?? []);

/** Codes that say something of the moment or of the key, not of the row. */
const again: ReadonlySet<number> = new Set([401, 403, 408, 410, 425, 429]);

const byCode = (code: number, item: BatchItem): ItemAnswer['result'] => {
  if (code >= 200 && code < 300) return { kind: 'accepted' };
  if (code === 409) return { kind: 'conflict' };
  if (again.has(code) || code >= 500) return { kind: 'again', throttled: code === 429 };
  return { kind: 'refused', faults: fieldFaults(code, item.response, () => sentValues(item.request)) };
};

const contactLike = z.union([
  z.object({ id: z.string().min(1) }),
  z.object({ contactID: z.string().min(1) }),
]);

/**
 * The code decides where there is one. Else what the response looks like: a Problem document, the older
 * `{error, fields}`, or a contact. What looks like none of them is no answer.
 */
const resultOf = (item: BatchItem): ItemAnswer['result'] => {
  const code = item.responseCode === undefined || item.responseCode < 100 ? undefined : item.responseCode;
  if (code !== undefined) return byCode(code, item);
  if (item.status === 'pending') return { kind: 'open' };
  const status = problemStatus(item.response);
  if (status !== undefined && status >= 100) return byCode(status, item);
  if (looksRefused(item.response)) return byCode(400, item);
  return contactLike.safeParse(item.response).success ? { kind: 'accepted' } : { kind: 'open' };
};

/**
 * The body of `GET /batches/{id}/items`. An item that comes under `errors` and under `responses` counts once. One
 * without an address cannot be matched to a row and is left out, so its row stays without an answer.
 */
export const itemsAnswer = z
  .object({ batchID: z.string().min(1), errors: list, responses: list })
  .transform(({ errors, responses }): readonly ItemAnswer[] => {
    const seen = new Set<string>();
    return [...errors, ...responses].flatMap((item): readonly ItemAnswer[] => {
      const email = emailOf(item.request);
      if (email === undefined) return [];
      const digest = digestOf(item.request);
      const name = item.itemID ?? `${email} ${digest}`;
      if (seen.has(name)) return [];
      seen.add(name);
      return [{ email, digest, result: resultOf(item) }];
    });
  });

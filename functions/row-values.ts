import { z } from 'zod';
import type { Caller } from '../shared/domain/access.ts';
import { toCsv } from '../shared/domain/csv.ts';
import { type RunId, runId } from '../shared/domain/ids.ts';
import { type RowValuesAnswer, type ValuedOutcome, valuedOutcomes } from '../shared/steps/row-values.ts';
import type { ApiHandler } from './api.ts';
import { notFound, problem } from './problem.ts';
import { limit as listLimit, nextLink, readQuery, wrongQuery } from './query.ts';

export const rowValuesQuery = z.object({
  outcome: z.enum(valuedOutcomes).default('refused'),
  limit: listLimit,
  after: z.string().min(1).max(1_000).optional(),
  format: z.enum(['json', 'csv']).default('json'),
});

type Read = (
  caller: Caller,
  id: RunId,
  asked: { readonly outcome: ValuedOutcome; readonly limit: number; readonly after: string | null },
) => Promise<RowValuesAnswer>;

/** Personal data, which nothing on its way should keep. */
const noStore = { 'cache-control': 'no-store' } as const;

/** `GET /api/runs/{run}/rows/values?outcome=&limit=&after=&format=`: rows with what they said, for 7 days. */
export const rowValues =
  (read: Read): ApiHandler =>
  async (http, caller) => {
    const id = runId.safeParse(http.params.run);
    const query = readQuery(http, rowValuesQuery);
    if (query.kind === 'wrong') return query.answer;
    const { outcome, limit, after = null, format } = query.value;
    const answer: RowValuesAnswer = id.success
      ? await read(caller, id.data, { outcome, limit, after })
      : { kind: 'unknown-run' };
    switch (answer.kind) {
      case 'forbidden':
        return problem(403, 'Not allowed', 'Values are for administrators. Ask for the rows without them.');
      case 'unknown-run':
        return notFound('run');
      case 'removed':
        return problem(410, 'The values are gone', 'They are kept for 7 days after the end of a run.');
      case 'wrong-cursor':
        return wrongQuery([{ field: 'after', message: 'give "next" of the answer before' }]);
      case 'page': {
        const { fields, rows, next } = answer;
        if (format === 'json') return { headers: noStore, jsonBody: { rows, next } };
        const columns = ['customerId', 'outcome', 'field', 'reason', 'message'] as const;
        const table = rows.map((row) => [
          ...columns.map((column) => row[column]),
          ...fields.map((field) => row.values?.[field] ?? ''),
        ]);
        const headers = {
          ...noStore,
          'content-type': 'text/csv; charset=utf-8',
          ...(next !== null && nextLink(http, 'after', next)),
        };
        return { headers, body: toCsv([...columns, ...fields.map((field) => `value of ${field}`)], table) };
      }
    }
  };

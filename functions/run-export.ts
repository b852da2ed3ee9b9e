import { z } from 'zod';
import { brandId, exportId } from '../shared/domain/ids.ts';
import { type Claim, runKind } from '../shared/domain/run.ts';
import { runAt, runForKey } from '../shared/domain/run-ids.ts';
import type { RunRequest } from '../shared/steps/request-run.ts';
import type { ApiHandler } from './api.ts';
import { readBody } from './body.ts';
import { notFound, problem } from './problem.ts';
import { runAddress } from './run-address.ts';

export const runBody = z.strictObject({ kind: runKind.default('changes'), confirmBrand: brandId.optional() });

const maxKeyLength = 200;

/** `POST /api/exports/{id}/run`: 202 with the run's address, or 409 with the active run's. */
export const runExport =
  (now: () => number, request: (claim: Claim) => Promise<RunRequest>): ApiHandler =>
  async (http) => {
    const id = exportId.safeParse(http.params.id);
    const key = http.headers.get('idempotency-key');
    if (!id.success) return notFound('export');
    const asked = await readBody(
      http,
      runBody,
      'Send nothing, or {"kind": "changes" | "full" | "dry-run" | "retry"}.',
    );
    if (asked.kind === 'wrong') return asked.answer;
    if (key !== null && (key.length === 0 || key.length > maxKeyLength)) {
      return problem(400, 'The Idempotency-Key is wrong', `Send 1 to ${maxKeyLength} characters, or none.`);
    }
    const requestedAt = now();
    const answer = await request({
      runId: key === null ? runAt(id.data, requestedAt) : runForKey(id.data, key),
      exportId: id.data,
      kind: asked.value.kind,
      ...(asked.value.confirmBrand !== undefined && { confirmBrand: asked.value.confirmBrand }),
      trigger: 'http',
      requestedAt,
    });
    switch (answer.kind) {
      case 'accepted':
      case 'known': {
        const url = runAddress(http, answer.run);
        return { status: 202, headers: { location: url }, jsonBody: { run: answer.run, url } };
      }
      case 'active': {
        const url = runAddress(http, answer.run);
        return problem(409, 'A run is active', 'Wait for it to end.', { run: answer.run, url });
      }
      case 'nothing-to-retry':
        return problem(409, 'There is nothing to retry', answer.reason);
      case 'unknown-export':
        return notFound('export');
      case 'unknown-connection':
        return problem(
          409,
          'Unknown connection',
          `Make the connection ${answer.connection}, or choose another.`,
        );
      case 'detached':
        return problem(409, 'The export is detached', 'Choose a connection for it first.');
      case 'paused':
        return problem(409, 'The export is paused', `${answer.reason} ${answer.remedy}`);
    }
  };

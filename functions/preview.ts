import { z } from 'zod';
import { customerId, type ExportId, exportId } from '../shared/domain/ids.ts';
import type { AskedProfile, ProfileAnswer } from '../shared/steps/preview-profile.ts';
import type { ApiHandler } from './api.ts';
import { readBody } from './body.ts';
import { notFound, problem, tryLater } from './problem.ts';
import { faulted } from './source.ts';

const remedy = 'Send {"customerId": "<id>"} or {"email": "<address>"}.';

/** In the body, as an address must not be in a URL. */
export const previewBody = z.union([
  z.strictObject({
    customerId: customerId.refine((id) => !id.includes('@'), 'an address goes into "email"'),
  }),
  z.strictObject({ email: z.string().min(1).max(1_024) }),
]);

/** `POST /api/exports/{id}/preview`: one customer's way through the export, with its values. Nothing is sent. */
export const preview =
  (trace: (id: ExportId, asked: AskedProfile) => Promise<ProfileAnswer>): ApiHandler =>
  async (http) => {
    const id = exportId.safeParse(http.params.id);
    if (!id.success) return notFound('export');
    const asked = await readBody(http, previewBody, remedy);
    if (asked.kind === 'wrong') return asked.answer;
    const answer = await trace(id.data, asked.value);
    switch (answer.kind) {
      case 'traced':
        // Personal data, which nothing on its way should keep.
        return {
          headers: { 'cache-control': 'no-store' },
          jsonBody: { export: id.data, ...answer.preview },
        };
      case 'unknown-export':
        return notFound('export');
      case 'email-malformed':
        return problem(400, 'The body is wrong', 'The e-mail address is malformed.');
      case 'not-known-by-email':
        return problem(
          404,
          'Not known by e-mail',
          'No earlier run brought this address to the brand, and the source is not asked by address. Give the customer id.',
        );
      case 'vault-unavailable':
        return tryLater('Not now', 'The hash secret of the export cannot be read from Key Vault.', 15);
      case 'not-supported':
        return problem(422, 'The source cannot be asked for one customer', answer.message);
      default:
        return faulted(answer);
    }
  };

import { z } from 'zod';
import { type BrandId, brandId, type ConnectionId, connectionId } from '../shared/domain/ids.ts';
import type { Connected, Permissions } from '../shared/steps/connect.ts';
import type { ApiHandler } from './api.ts';
import { readBody } from './body.ts';
import { notFound, problem, tryLater } from './problem.ts';

export const connectBody = z.strictObject({ confirmBrand: brandId.optional() });

const unreachablePauseSeconds = 15;

/** `POST /api/connections/{id}/connect`: what the connection's key opens and may do. Nothing changes in Omnisend. */
export const connectBrand =
  (
    now: () => number,
    connect: (id: ConnectionId, options: { readonly confirmBrand?: BrandId }) => Promise<Connected>,
  ): ApiHandler =>
  async (http) => {
    const id = connectionId.safeParse(http.params.id);
    if (!id.success) return notFound('connection');
    const asked = await readBody(http, connectBody, 'Send nothing, or {"confirmBrand": "<brand id>"}.');
    if (asked.kind === 'wrong') return asked.answer;
    const { confirmBrand } = asked.value;
    const answer = await connect(id.data, confirmBrand === undefined ? {} : { confirmBrand });
    switch (answer.kind) {
      case 'connected': {
        const { brand, permissions, exportUser, resumed } = answer;
        const advice = adviceOn(permissions);
        return { jsonBody: { connection: id.data, brand, permissions, advice, exportUser, resumed } };
      }
      case 'unknown-connection':
        return notFound('connection');
      case 'stop': {
        const { code, message } = answer.reason;
        return problem(422, 'The key cannot be used', `${message} ${answer.remedy}`, { code });
      }
      case 'other-brand': {
        const { brand, exports } = answer;
        const detail =
          `The key opens the brand ${brand.name} (${brand.id}), but exports went to another one before. ` +
          `Store the key of the former brand, or send {"confirmBrand": "${brand.id}"}.`;
        return problem(409, 'The key opens another brand', detail, { code: 'brand-changed', brand, exports });
      }
      case 'busy': {
        const detail =
          'The brand has no request to spare within seconds: runs use its budget, or it is frozen.';
        return tryLater('No request to spare', detail, (answer.at - now()) / 1000, { code: 'busy' });
      }
      case 'unreachable': {
        const who = answer.what === 'vault' ? 'Key Vault' : 'Omnisend';
        const detail = `${who} gave no usable answer. Try again; nothing has changed.`;
        return tryLater(`${who} cannot be reached`, detail, unreachablePauseSeconds, { code: 'unreachable' });
      }
    }
  };

const advised = {
  read: 'The key may not read contacts, so what became of a row cannot be learnt. Give it the permission to read contacts; that takes up to five minutes to apply.',
  write:
    'The key may not write contacts, so nothing can be exported. Give it the permission to write contacts; that takes up to five minutes to apply.',
  brand:
    'The key may not read brands, so the id that it begins with stands for the name. Exports work all the same.',
} as const;

/** What to do about each permission that is not granted. */
const adviceOn = (permissions: Permissions): readonly string[] =>
  (['read', 'write', 'brand'] as const).flatMap((name) =>
    permissions[name] === 'granted' ? [] : [advised[name]],
  );

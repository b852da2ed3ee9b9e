import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { normaliseEmail } from '../shared/domain/email.ts';
import type { Forgetting, Lifting, VaultFault } from '../shared/steps/forget.ts';
import type { ApiHandler } from './api.ts';
import { readBody } from './body.ts';
import { problem, tryLater } from './problem.ts';

const remedy = 'Send {"email": "<the address>"}.';

/** In a body only, as addresses of requests are logged by whoever passes them on. No answer repeats it. */
export const addressBody = z.strictObject({
  email: z.string().transform((text, context) => {
    const normalised = normaliseEmail(text);
    if (normalised.kind === 'ok') return normalised.email;
    context.addIssue({ code: 'custom', message: 'It is no e-mail address.' });
    return z.NEVER;
  }),
});

type Asked =
  | { readonly kind: 'ok'; readonly email: string }
  | { readonly kind: 'wrong'; readonly answer: HttpResponseInit };

const emailIn = async (http: HttpRequest): Promise<Asked> => {
  const asked = await readBody(http, addressBody, remedy);
  return asked.kind === 'ok' ? { kind: 'ok', email: asked.value.email } : asked;
};

const vaultPauseSeconds = 15;

const faulted = (fault: VaultFault): HttpResponseInit =>
  fault.kind === 'unavailable'
    ? tryLater('Key Vault cannot be reached', 'It is not done yet: ask the same again.', vaultPauseSeconds, {
        code: 'unreachable',
      })
    : problem(
        422,
        'The vault refuses the app',
        'Give the app the role Key Vault Secrets Officer on its vault, then ask the same again.',
        { code: 'vault-forbidden' },
      );

/** `POST /api/forget`: never exports an address again and erases what is stored of it; 202 while a run is active. */
export const forgetAddress =
  (forget: (email: string) => Promise<Forgetting>): ApiHandler =>
  async (http) => {
    const asked = await emailIn(http);
    if (asked.kind === 'wrong') return asked.answer;
    const answer = await forget(asked.email);
    if (answer.kind !== 'forgotten') return faulted(answer);
    const { erased, active, brands } = answer;
    const byHand = [...new Set(brands.map(({ brand }) => brand))].map(
      (brand) =>
        `Delete the contact in Omnisend's brand ${brand}, if it is there: the app deletes nobody. Omnisend keeps the batches it was sent with for seven days.`,
    );
    const later =
      'Delete the person in Customer Insights too, or the address is read, and counted as invalid (forgotten), at each run.';
    return {
      status: active.length > 0 ? 202 : 200,
      jsonBody: {
        state: active.length > 0 ? 'erased-again-later' : 'erased',
        erased,
        active,
        brands,
        byHand: [...byHand, later],
      },
    };
  };

/** `POST /api/forget/lift`: the address may be exported again. */
export const liftAddress =
  (lift: (email: string) => Promise<Lifting>): ApiHandler =>
  async (http) => {
    const asked = await emailIn(http);
    if (asked.kind === 'wrong') return asked.answer;
    const answer = await lift(asked.email);
    switch (answer.kind) {
      case 'lifted':
        return { jsonBody: { state: 'lifted' } };
      case 'not-forgotten':
        return problem(404, 'Not forgotten', 'That address is not forgotten.');
      default:
        return faulted(answer);
    }
  };

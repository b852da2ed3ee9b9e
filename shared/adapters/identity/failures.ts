import type { TokenAnswer } from '../../ports/tokens.ts';

export type TokenFailure = Exclude<TokenAnswer, { kind: 'ok' }>;

type Refusal = readonly [message: string, remedy: string];

const expired: Refusal = [
  'The credential of the app has expired.',
  'Make a new secret or certificate for the app registration and give it to the app, or use a managed identity.',
];
const unknownApp: Refusal = [
  'The tenant does not know the app.',
  'Check client id and tenant, and that the app is registered in the tenant of the environment.',
];
const wrongCredential: Refusal = [
  'The credential of the app is wrong.',
  'Give the app the present secret or certificate of its registration, or use a managed identity.',
];
const untrusted: Refusal = [
  'The app registration does not trust the identity that the app shows.',
  'Correct the federated credential of the app registration.',
];
const signInAgain: Refusal = ['The sign-in has ended.', 'Sign in again (az login).'];

/**
 * What does not pass by waiting. Other codes may.
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
const refusals: ReadonlyMap<string, Refusal> = new Map([
  ['7000222', expired],
  ['7000215', wrongCredential],
  ['7000216', wrongCredential],
  ['7000218', wrongCredential],
  ['700027', wrongCredential],
  ['700016', unknownApp],
  [
    '7000112',
    [
      'The app is switched off in its tenant.',
      'Let an administrator of the tenant switch on the enterprise app.',
    ],
  ],
  ['90002', ['There is no such tenant.', 'Check the tenant id or domain in the settings of the credential.']],
  [
    '900023',
    ['There is no such tenant.', 'Check the tenant id or domain in the settings of the credential.'],
  ],
  [
    '500011',
    [
      'The tenant knows no environment at this address.',
      'Check the address of the environment, and that it is in the tenant of the app.',
    ],
  ],
  ['500014', ['The service is switched off in the tenant.', 'Check the licence of the environment.']],
  [
    '65001',
    ['The app has not been given consent.', 'Let an administrator of the tenant consent to the app.'],
  ],
  [
    '53003',
    ['A conditional access rule of the tenant keeps the app out.', 'Let an administrator exempt the app.'],
  ],
  ['700211', untrusted],
  ['700212', untrusted],
  ['700213', untrusted],
  ['70043', signInAgain],
  ['700082', signInAgain],
  ['50173', signInAgain],
]);

/** Where the platform serves no identity, no token ever comes. */
const noIdentity: Refusal = [
  'The app has no identity here.',
  'Switch on the managed identity of the function app; on a developer machine, sign in (az login).',
];
const noSuchIdentity: Refusal = [
  'The platform does not know the identity that the app asks for.',
  'Switch on the managed identity of the function app, and check the client id in its settings.',
];

const field = 'identity';
const refused = ([message, remedy]: Refusal, code?: string): TokenFailure => ({
  kind: 'refused',
  fault: { field, message: code === undefined ? message : `${message} (AADSTS${code})`, remedy },
});
const unavailable = (message: string): TokenFailure => ({ kind: 'unavailable', message });

/** A refusal that Entra's own words show; they are searched for its code, and never repeated. */
const refusalIn = (text: string): TokenFailure | undefined => {
  for (const [, code = ''] of text.matchAll(/AADSTS(\d{4,8})/g)) {
    const refusal = refusals.get(code);
    if (refusal !== undefined) return refused(refusal, code);
  }
  return undefined;
};

/** Everything that an error of a credential says, with the errors that it is made of; not to be shown. */
const textOf = (error: unknown, depth = 3): string => {
  if (!(error instanceof Error) || depth === 0) return '';
  const inner = 'errors' in error && Array.isArray(error.errors) ? error.errors : [];
  return [error.message, ...[...inner, error.cause].map((one) => textOf(one, depth - 1))].join('\n');
};

/** What an error of a credential means. `served`: the platform of this process serves an identity. */
export const failureOf = (error: unknown, served: boolean): TokenFailure => {
  const refusal = refusalIn(textOf(error));
  if (refusal !== undefined) return refusal;
  const name = error instanceof Error ? error.name : 'unknown';
  const isNowhere = name === 'CredentialUnavailableError' || name === 'AggregateAuthenticationError';
  return isNowhere && !served ? refused(noIdentity) : unavailable(name);
};

/** What an answer of the identity endpoint other than a token means. */
export const endpointFailure = (status: number, text: string): TokenFailure => {
  const refusal = refusalIn(text);
  if (refusal !== undefined) return refusal;
  return status === 400 ? refused(noSuchIdentity) : unavailable(`identity endpoint ${status}`);
};

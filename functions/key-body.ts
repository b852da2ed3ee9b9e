import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { secretName } from '../shared/domain/saved.ts';
import type { GivenKey, KeyFault } from '../shared/steps/store-key.ts';
import { problem, tryLater } from './problem.ts';

/** A key as it may come in. No message repeats it. */
export const keyMembers = {
  apiKey: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9]{1,64}-[\x21-\x7e]{1,500}$/, 'give an API key of Omnisend: <brand id>-<secret>')
    .optional(),
  secretName: secretName.optional(),
};

interface Members {
  readonly apiKey?: string | undefined;
  readonly secretName?: string | undefined;
}

export const hasBoth = (asked: Members): boolean =>
  asked.apiKey !== undefined && asked.secretName !== undefined;

export const keyOf = ({ apiKey, secretName: name }: Members): GivenKey | undefined => {
  if (apiKey !== undefined) return { kind: 'key', apiKey };
  return name === undefined ? undefined : { kind: 'name', secretName: name };
};

const vaultPauseSeconds = 15;

export const vaultRefuses = (fault: 'forbidden' | 'unavailable'): HttpResponseInit =>
  fault === 'unavailable'
    ? tryLater('Key Vault cannot be reached', 'Ask the same again.', vaultPauseSeconds, {
        code: 'unreachable',
      })
    : problem(
        422,
        'The vault refuses the app',
        'Give the app the role Key Vault Secrets Officer on its vault, then ask the same again.',
        { code: 'vault-forbidden' },
      );

/** Why a key was not taken. */
export const keyRefused = (fault: KeyFault): HttpResponseInit => {
  switch (fault.kind) {
    case 'no-secret':
      return problem(
        422,
        'No such secret',
        `The vault has no secret ${fault.secretName}. Write the key there (infra/set-key.sh), or send it as "apiKey".`,
        { code: 'key-missing' },
      );
    case 'not-for-export':
      return problem(
        422,
        'The secret is not for this',
        `The secret ${fault.secretName} has no tag purpose=omnisend-export, so it may be somebody else's. Where it holds the key, set that tag (infra/set-key.sh does).`,
        { code: 'secret-untagged' },
      );
    case 'vault':
      return vaultRefuses(fault.fault);
  }
};

import type { IncomingMessage } from 'node:http';
import { splitTarget } from './http-request.ts';

export type Keys = { readonly function: string; readonly master: string };
/** For a machine of one's own only. */
export const sandboxKeys: Keys = { function: 'sandbox-function-key', master: 'sandbox-master-key' };

export type Presented = 'master' | 'function' | 'wrong' | 'none';

/** Which key a request shows; the header wins, so a wrong header beats a right `?code=`. */
export function presentedKey(request: IncomingMessage, keys: Keys): Presented {
  const header = request.headers['x-functions-key'];
  const code = new URLSearchParams(splitTarget(request.url ?? '/').query).get('code');
  const key = (typeof header === 'string' ? header : header?.[0]) ?? code ?? undefined;
  if (key === undefined || key === '') return 'none';
  if (key === keys.master) return 'master';
  return key === keys.function ? 'function' : 'wrong';
}

export function mayCall(authLevel: 'anonymous' | 'function' | 'admin', presented: Presented): boolean {
  switch (authLevel) {
    case 'anonymous':
      return true;
    case 'function':
      return presented === 'master' || presented === 'function';
    case 'admin':
      return presented === 'master';
  }
}

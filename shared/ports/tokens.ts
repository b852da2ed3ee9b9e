import type { ConfigurationFault } from '../domain/answers.ts';

export type TokenAnswer =
  | { readonly kind: 'ok'; readonly token: string }
  /** Not now: again later. `message` names the failure, without any text of the service's. */
  | { readonly kind: 'unavailable'; readonly message: string }
  /** Not before a person acts: the credential has ended, or is none that the service knows. */
  | { readonly kind: 'refused'; readonly fault: ConfigurationFault };

/** Access tokens of the app's identity. They are cached; `fresh` asks anew, after one was refused. */
export interface Tokens {
  /** `scope`: of the service, e.g. `https://org.crm.dynamics.com/.default`. Never throws. */
  get(scope: string, options?: { readonly fresh?: boolean }): Promise<TokenAnswer>;
}

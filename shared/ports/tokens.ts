/** Access tokens of the app's identity. They are cached; `fresh` asks anew, after one was refused. */
export interface Tokens {
  /** `scope`: of the service, e.g. `https://org.crm.dynamics.com/.default`. Throws where no token is to be had. */
  get(scope: string, options?: { readonly fresh?: boolean }): Promise<string>;
}

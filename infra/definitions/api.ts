import { z } from 'zod';

export interface ApiAnswer {
  readonly status: number;
  readonly etag: string | null;
  readonly json: unknown;
}

/** One call of the app's API; `address` is what comes after `/api/`. */
export type Api = (
  method: 'GET' | 'PUT',
  address: string,
  options?: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> },
) => Promise<ApiAnswer>;

export type OpenedApi =
  | { readonly kind: 'ok'; readonly api: Api }
  | { readonly kind: 'wrong'; readonly reason: string };

type Environment = Readonly<Record<string, string | undefined>>;

/** A key or token is read from the environment, never from an argument, which every process of a machine can see. */
export const openApi = (url: string | undefined, environment: Environment): OpenedApi => {
  const base = URL.parse(url ?? '');
  if (base === null)
    return { kind: 'wrong', reason: "Give the app's address: --url https://APP.azurewebsites.net" };
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(base.hostname);
  if (base.protocol !== 'https:' && !(isLocal && base.protocol === 'http:')) {
    return { kind: 'wrong', reason: 'The address must be https, but for one of this machine.' };
  }
  const { EXPORT_API_TOKEN: token, EXPORT_API_KEY: key } = environment;
  const credentials: Record<string, string> = token
    ? { authorization: `Bearer ${token}` }
    : key
      ? { 'x-functions-key': key }
      : {};
  if (Object.keys(credentials).length === 0) {
    return {
      kind: 'wrong',
      reason: 'Set EXPORT_API_TOKEN (a token of Entra) or EXPORT_API_KEY (the function key).',
    };
  }
  const api: Api = async (method, address, { body, headers = {} } = {}) => {
    const asked = fetch(new URL(`/api/${address}`, base), {
      method,
      // It would be sent to wherever a redirection leads.
      redirect: 'error',
      headers: {
        ...credentials,
        ...headers,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    // Fails with a TypeError in every case: https://fetch.spec.whatwg.org/#fetch-method
    const response = await asked.catch((error: unknown) => {
      if (error instanceof TypeError) return null;
      throw error;
    });
    if (response === null) return unreachable(base);
    return {
      status: response.status,
      etag: response.headers.get('etag'),
      json: jsonIn(await response.text()),
    };
  };
  return { kind: 'ok', api };
};

/** As the app itself would say it. */
const unreachable = ({ origin }: URL): ApiAnswer => ({
  status: 503,
  etag: null,
  json: {
    title: 'No answer',
    detail: '',
    errors: [{ field: origin, message: 'Nothing answers there, or it redirects, which is not followed.' }],
  },
});

const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const problem = z.looseObject({
  title: z.string(),
  detail: z.string(),
  faults: z.array(z.object({ field: z.string(), message: z.string(), remedy: z.string() })).default([]),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).default([]),
});

/** What an answer other than the one hoped for says, a line for each fault. */
export const complaintsOf = ({ status, json }: ApiAnswer): readonly string[] => {
  const said = problem.safeParse(json);
  if (!said.success) return [`The app answered ${status}.`];
  const { title, detail, faults, errors } = said.data;
  const listed = [
    ...faults.map(({ field, message, remedy }) => `${field}: ${message} ${remedy}`),
    ...errors.map(({ field, message }) => `${field}: ${message}`),
  ];
  return listed.length > 0 ? listed : [`${title} (${status}). ${detail}`];
};

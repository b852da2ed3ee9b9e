import { z } from 'zod';
import type { ConfigurationFault } from '../../domain/answers.ts';
import type { SourceAnswer, SourceFault } from '../../ports/source.ts';

export const configuration = (...faults: readonly ConfigurationFault[]): SourceFault => ({
  kind: 'configuration',
  faults,
});

const roleRemedy =
  "Give the app's identity the role Storage Blob Data Reader on the container, and wait up to ten minutes.";
const addressRemedy = 'Check the address of the container against the export in Customer Insights.';

/** By error code, else by status: https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes */
const lasting: Readonly<Record<string, ConfigurationFault>> = {
  401: {
    field: 'token',
    message: "The storage account does not accept the app's identity.",
    remedy: `${roleRemedy} The account must be of the same tenant.`,
  },
  403: { field: 'role', message: 'The app may not read the container.', remedy: roleRemedy },
  AuthorizationFailure: {
    field: 'role',
    message: 'The storage account refuses the app, perhaps by its network rules.',
    remedy: `Let the app's network through the account's firewall. ${roleRemedy}`,
  },
  KeyBasedAuthenticationNotPermitted: {
    field: 'role',
    message: 'The storage account takes no account keys.',
    remedy: `Give the address of the container in place of a connection string. ${roleRemedy}`,
  },
  ContainerNotFound: {
    field: 'container',
    message: 'There is no such container.',
    remedy: addressRemedy,
  },
  ENOTFOUND: {
    field: 'container',
    message: 'There is no storage account at this address.',
    remedy: addressRemedy,
  },
};

/** The part is another than when the run began, or is gone: what was read of it cannot be joined with what is there. */
const changed = (path: string): ConfigurationFault => ({
  field: path,
  message: 'The source changed: this part was rewritten or removed while the run read it.',
  remedy: 'Start the run again, and let nothing remove exports that are younger than a day.',
});

const damaged = (path: string): ConfigurationFault => ({
  field: path,
  message: 'This part cannot be decompressed.',
  remedy: 'Run the export in Customer Insights again.',
});

const archived = (path: string): ConfigurationFault => ({
  field: path,
  message: 'This part lies in the archive tier, from which it cannot be read.',
  remedy: 'Run the export in Customer Insights again, and let no rule archive recent exports.',
});

const restError = z.object({
  name: z.literal('RestError'),
  statusCode: z.int().optional(),
  code: z.string().optional(),
  response: z.object({ headers: z.custom<{ get(name: string): string | undefined }>() }).optional(),
});
type RestError = z.infer<typeof restError>;

const longestWaitSeconds = 3_600;
const defaultWaitSeconds = 5;

const waitSeconds = (header: string | undefined): number | undefined => {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  // A date is as good as no word: the pause is short and is asked for again.
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 1), longestWaitSeconds) : undefined;
};

const restFault = (error: RestError, path: string): SourceFault | undefined => {
  const { statusCode, code = '' } = error;
  if (statusCode === undefined) {
    const fault = lasting[code];
    return fault === undefined ? { kind: 'transient', message: code || 'no answer' } : configuration(fault);
  }
  const told = waitSeconds(error.response?.headers.get('retry-after'));
  if (statusCode === 429) return { kind: 'throttled', retryAfterSeconds: told ?? defaultWaitSeconds };
  if (statusCode >= 500 || statusCode === 408) {
    if (told !== undefined) return { kind: 'throttled', retryAfterSeconds: told };
    return { kind: 'transient', message: String(statusCode) };
  }
  if (code === 'BlobArchived') return configuration(archived(path));
  const fault = lasting[code] ?? lasting[statusCode];
  if (fault !== undefined) return configuration(fault);
  if (statusCode === 404 || statusCode === 412) return configuration(changed(path));
  return undefined;
};

const named = z.object({ name: z.string(), code: z.string().optional() });

/** What a failed call means; `undefined` for what only a bug of ours can cause. */
const faultOf = (error: unknown, path: string): SourceFault | undefined => {
  const rest = restError.safeParse(error).data;
  if (rest !== undefined) return restFault(rest, path);
  const { name, code = '' } = named.safeParse(error).data ?? { name: '' };
  if (code.startsWith('Z_')) return configuration(damaged(path));
  if (name === 'AbortError' || name === 'TimeoutError' || /^E[A-Z]+$/.test(code)) {
    return { kind: 'transient', message: code || name };
  }
  if (
    /^(CredentialUnavailable|Authentication|AuthenticationRequired|AggregateAuthentication)Error$/.test(name)
  ) {
    return configuration({
      field: 'token',
      message: 'The app got no token for the storage account.',
      remedy: 'Give the app a managed identity, or mend its credential.',
    });
  }
  return undefined;
};

/** The work's answer, or what its failure means. A failure that means nothing known is thrown on. */
export const answered = async <T>(
  path: string,
  work: () => Promise<SourceAnswer<T>>,
): Promise<SourceAnswer<T>> => {
  try {
    return await work();
  } catch (error) {
    const fault = faultOf(error, path);
    if (fault === undefined) throw error;
    return fault;
  }
};

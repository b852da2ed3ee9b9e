import type { ConfigurationFault } from '../../domain/answers.ts';
import type { SourceFault } from '../../ports/source.ts';
import type { Reply } from './client.ts';
import { logicalName } from './names.ts';

type Denied = Extract<Reply, { kind: 'denied' }>;

const configuration = (...faults: readonly ConfigurationFault[]): SourceFault => ({
  kind: 'configuration',
  faults,
});

const remedies: Readonly<Record<number, readonly [message: string, remedy: string]>> = {
  401: [
    'The environment does not know the identity of this app.',
    'Add the managed identity to the environment as an application user.',
  ],
  403: [
    'The app may not read this table.',
    'Give the application user a security role that reads this table, and wait up to 15 minutes.',
  ],
  404: [
    'The environment has no such table.',
    'Check the address of the environment, and that Customer Insights - Data is installed in it.',
  ],
};

const named = (text: string, column: string): boolean =>
  new RegExp(`(?<![A-Za-z0-9_])${logicalName(column)}(?![A-Za-z0-9_])`, 'i').test(text);

/** What a refused first request means: nobody but a person can mend it. */
export const requestFault = (reply: Denied, table: string, columns: readonly string[]): SourceFault => {
  const gone = reply.status === 400 ? columns.filter((column) => named(reply.text, column)) : [];
  if (gone.length > 0) return configuration(...gone.map(missingColumn));
  const [message, remedy] = remedies[reply.status] ?? [
    `The environment refused to read this table (${reply.status}).`,
    'Check the export against the columns and segments of the environment.',
  ];
  return configuration({ field: table, message, remedy });
};

/** What a refused link means. It is opaque and was good once, so that it has died is the likely reason. */
export const linkFault = (reply: Denied, table: string): SourceFault =>
  reply.status === 401 || reply.status === 403 ? requestFault(reply, table, []) : { kind: 'link-dead' };

export const foreignLink = (table: string): SourceFault =>
  configuration({
    field: table,
    message: 'The environment answered with a link to another host, which is not followed.',
    remedy: 'Give the address of the environment as its own links have it.',
  });

export const missingColumn = (column: string): ConfigurationFault => ({
  field: column,
  message: `The unified profile has no column ${logicalName(column)}.`,
  remedy: 'Name a column of the unified profile, or add it there, and save the export again.',
});

export const missingSegment = (segment: string): ConfigurationFault => ({
  field: segment,
  message: `The environment knows no segment ${segment}, and nobody is in it.`,
  remedy: 'Give the output table name of a segment; upper and lower case count.',
});

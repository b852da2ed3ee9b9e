import { hash } from 'node:crypto';
import type { SourceMark } from '../../domain/source-mark.ts';
import type { SourceAnswer, SourceFault } from '../../ports/source.ts';
import { isRow } from './cell.ts';
import type { Client } from './client.ts';
import { countOf, isAbout, readMetadata } from './metadata.ts';
import { idColumn, membershipSet, modifiedColumn, profileSet } from './names.ts';

interface Sign {
  readonly set: string;
  readonly query: Readonly<Record<string, string>>;
  readonly pageSize?: number;
}

/**
 * What shows that a table was written to. Its first page, in the order that the service itself gives, is a sample: a
 * row written anew has another etag. The newest row shows also a change outside of the sample, where the environment
 * sorts. https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/order-rows
 */
const signs: readonly Sign[] = [
  { set: membershipSet, query: { $select: `${idColumn},msdynci_segments` } },
  { set: profileSet, query: { $select: idColumn } },
  { set: membershipSet, query: { $select: idColumn, $orderby: 'modifiedon desc' }, pageSize: 1 },
  { set: profileSet, query: { $select: idColumn, $orderby: `${modifiedColumn} desc` }, pageSize: 1 },
];

const digest = (value: unknown): string => hash('sha256', JSON.stringify(value), 'hex');

/** Cells hold no more than a value each; what is nested may be so deep that writing it out has no end. */
const flat = (row: unknown): unknown =>
  isRow(row)
    ? Object.entries(row).map(([column, value]) => [
        column,
        typeof value === 'object' ? value === null : value,
      ])
    : typeof row;

/** A set of rows in one form, whatever the order in which they came. */
const digestRows = (rows: readonly unknown[]): string =>
  digest(rows.map((row) => JSON.stringify(flat(row))).sort());

/** `null` for what the environment refuses to show: it refuses so the next time too. */
const look = async (
  client: Client,
  { set, query, pageSize }: Sign,
): Promise<{ readonly kind: 'ok'; readonly value: string | null } | SourceFault> => {
  const reply = await client.get(client.address(set, query), pageSize);
  if (reply.kind === 'denied') return { kind: 'ok', value: null };
  return reply.kind === 'ok' ? { kind: 'ok', value: digestRows(reply.value.rows) } : reply;
};

/**
 * The state of the tables, as far as it can be had in a few requests. Counts are no part of it: those over 500 are not
 * to be relied on in elastic tables.
 */
export const markOf = async (
  client: Client,
  segments: readonly string[],
): Promise<SourceAnswer<SourceMark>> => {
  const metadata = await readMetadata(client);
  if (metadata.kind !== 'ok') return metadata;
  const known = metadata.value ?? [];
  const seen: (string | null)[] = [
    digestRows(known.filter((row) => segments.some((segment) => isAbout(row, segment)))),
  ];
  for (const sign of signs) {
    const found = await look(client, sign);
    if (found.kind !== 'ok') return found;
    seen.push(found.value);
  }
  const counts = segments.flatMap((segment) => {
    const count = known
      .filter((row) => isAbout(row, segment))
      .map(countOf)
      .find((found) => found !== null);
    return count === undefined || count === null ? [] : [[segment, count] as const];
  });
  return { kind: 'ok', value: { version: digest(seen), members: Object.fromEntries(counts) } };
};

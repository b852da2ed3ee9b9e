import { hash } from 'node:crypto';
import type { SourceMark } from '../../domain/source-mark.ts';
import type { SourceAnswer, SourceFault } from '../../ports/source.ts';
import { cellOf, isRow } from './cell.ts';
import type { Client } from './client.ts';
import { linkFault } from './faults.ts';
import { countOf, isAbout, readMetadata } from './metadata.ts';
import { idColumn, membershipSet, modifiedColumn, profileSet } from './names.ts';

interface Sign {
  readonly set: string;
  readonly query: Readonly<Record<string, string>>;
  readonly rows: number;
  /** The column that counts; absent: the whole row does. Which of several rows of one moment comes first is chance. */
  readonly only?: string;
}

/** Of a refresh that writes one row in a hundred anew they miss four in 100,000. */
const sampleRows = 1_000;
/** However small the pages are that the service gives. */
const maxPages = 100;

/**
 * What shows that a table was written to. Its first rows, in the order that the service itself gives, are a sample: a
 * row written anew has another etag. The newest row shows also a change outside of the sample, where the environment
 * sorts. https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/order-rows
 */
const signs: readonly Sign[] = [
  { set: membershipSet, query: { $select: `${idColumn},msdynci_segments` }, rows: sampleRows },
  { set: profileSet, query: { $select: idColumn }, rows: sampleRows },
  {
    set: membershipSet,
    query: { $select: 'modifiedon', $orderby: 'modifiedon desc' },
    rows: 1,
    only: 'modifiedon',
  },
  {
    set: profileSet,
    query: { $select: modifiedColumn, $orderby: `${modifiedColumn} desc` },
    rows: 1,
    only: modifiedColumn,
  },
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
const digestRows = (rows: readonly unknown[]): string => digest(rows.map(textOf).sort());

const textOf = (row: unknown): string => JSON.stringify(flat(row));

/**
 * `null` for what the environment refuses to show: it refuses so the next time too. So many rows and no more, each once,
 * for the service may cut its pages otherwise the next time.
 */
const look = async (
  client: Client,
  { set, query, rows, only }: Sign,
): Promise<{ readonly kind: 'ok'; readonly value: string | null } | SourceFault> => {
  const texts = new Set<string>();
  let url = client.address(set, query);
  for (let page = 0; page < maxPages; page += 1) {
    const reply = await client.get(url, rows);
    if (reply.kind === 'denied') return page === 0 ? { kind: 'ok', value: null } : linkFault(reply, set);
    if (reply.kind !== 'ok') return reply;
    for (const row of reply.value.rows)
      texts.add(textOf(only === undefined ? row : { [only]: cellOf(row, only) ?? null }));
    const next = reply.value.next === null ? undefined : client.follow(reply.value.next);
    if (next === undefined || texts.size >= rows) break;
    url = next;
  }
  return { kind: 'ok', value: digest([...texts].slice(0, rows).sort()) };
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

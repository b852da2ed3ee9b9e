import { createHmac } from 'node:crypto';
import type { Columns } from './columns.ts';
import { type Filter, parseFilter } from './filter.ts';
import type { Cursor, Table } from './tables.ts';

export type Query = {
  readonly select: readonly string[];
  readonly filter: Filter | null;
  readonly top: number | null;
  readonly count: boolean;
  readonly from: Cursor;
};

export type ParsedQuery =
  | { readonly kind: 'query'; readonly query: Query }
  | { readonly kind: 'error'; readonly message: string };

const START: Cursor = { customerID: '', taken: 0 };
const KNOWN = ['$select', '$filter', '$top', '$count', '$skiptoken'];

export function parseQuery(url: URL, table: Table, secret: string): ParsedQuery {
  const parameters = url.searchParams;
  const error = (message: string): ParsedQuery => ({ kind: 'error', message });
  for (const name of parameters.keys()) {
    if (name === '$skip') return error('Skip Clause is not supported in CRM');
    if (name.startsWith('$') && !KNOWN.includes(name))
      return error(`The query parameter ${name} is not supported.`);
  }
  const select = selected(parameters.get('$select'), table.columns);
  const unknown = select.find((column) => !Object.hasOwn(table.columns, column));
  if (unknown !== undefined) {
    return error(
      `Could not find a property named '${unknown}' on type 'Microsoft.Dynamics.CRM.${table.logicalName}'.`,
    );
  }
  const source = parameters.get('$filter');
  const parsed = source === null ? null : parseFilter(source, table.columns, table.logicalName);
  if (parsed?.kind === 'error') return parsed;
  const top = parameters.get('$top');
  if (top !== null && !/^[1-9]\d{0,8}$/.test(top)) return error(`Invalid value '${top}' for $top.`);
  const token = parameters.get('$skiptoken');
  const from = token === null ? START : readToken(token, fingerprint(url), secret);
  if (from === null)
    return error('Malformed XML in the skiptoken: the next link must be used as it was given.');
  return {
    kind: 'query',
    query: {
      select,
      filter: parsed?.filter ?? null,
      top: top === null ? null : Number(top),
      count: parameters.get('$count') === 'true',
      from,
    },
  };
}

function selected(select: string | null, columns: Columns): string[] {
  return select === null || select === ''
    ? Object.keys(columns)
    : select.split(',').map((name) => name.trim());
}

/** Everything of the address but the place to go on from. */
function fingerprint(url: URL): string {
  const others = [...url.searchParams].filter(([name]) => name !== '$skiptoken').sort();
  return JSON.stringify([url.pathname, others]);
}

function sign(payload: string, print: string, secret: string): string {
  return createHmac('sha256', secret).update(payload).update(print).digest('base64url').slice(0, 22);
}

/** Opaque to the reader, and bound to the query: any edit is noticed. */
export function nextLink(url: URL, cursor: Cursor, secret: string): string {
  const payload = Buffer.from(JSON.stringify([cursor.customerID, cursor.taken])).toString('base64url');
  const parts = url.search
    .slice(1)
    .split('&')
    .filter((part) => part !== '' && !/^(\$|%24)skiptoken=/i.test(part));
  const token = `${payload}.${sign(payload, fingerprint(url), secret)}`;
  return `${url.origin}${url.pathname}?${[...parts, `$skiptoken=${token}`].join('&')}`;
}

function readToken(token: string, print: string, secret: string): Cursor | null {
  const [payload, signature] = token.split('.');
  if (payload === undefined || signature !== sign(payload, print, secret)) return null;
  const [customerID, taken]: [string, number] = JSON.parse(
    Buffer.from(payload, 'base64url').toString('utf8'),
  );
  return { customerID, taken };
}

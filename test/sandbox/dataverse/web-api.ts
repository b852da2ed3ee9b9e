import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { alteredTable } from './alterations.ts';
import type { Filter } from './filter.ts';
import type { Seen } from './filter-match.ts';
import type { Reply } from './http.ts';
import { countRows, readPage } from './page.ts';
import { nextLink, parseQuery } from './query.ts';
import type { Switches } from './switches.ts';
import { TABLES, type Table } from './tables.ts';
import { refusalBody } from './throttle.ts';
import type { World } from './world.ts';

export const SERVICE_PATH = '/api/data/v9.2/';

type Options = { readonly secret: string };

function fault(status: number, code: string, message: string): Reply {
  return { status, headers: { 'odata-version': '4.0' }, body: { error: { code, message } } };
}

const badRequest = (message: string) => fault(400, '0x80060888', message);
const notFound = (path: string) => fault(404, '0x8006088a', `Resource not found for the segment '${path}'.`);

/** `GET` of entity sets and of column definitions, for a caller whose token is good. */
export function createWebAPI(world: World, switches: Switches, { secret }: Options) {
  return async (request: IncomingMessage, url: URL): Promise<Reply> => {
    if (request.method !== 'GET') return fault(405, '0x80060888', 'This sandbox is read only.');
    const limits = switches.limits();
    const planned = switches.takeRefusal();
    const admission = planned
      ? ({ kind: 'refused', refusal: planned } as const)
      : switches.throttle.enter(limits);
    if (admission.kind === 'refused') {
      switches.count(`throttled-${admission.refusal.kind}`);
      return {
        status: 429,
        headers: { 'retry-after': String(admission.refusal.retryAfterSeconds), 'odata-version': '4.0' },
        body: refusalBody(admission.refusal, limits),
      };
    }
    try {
      if (switches.current().pageDelayMs > 0) await pause(switches.current().pageDelayMs);
      const failure = switches.takeFailure();
      const reply =
        failure === null
          ? await answer(request, url)
          : fault(failure, '0x80040216', 'Service is unavailable.');
      const headers = { ...admission.headers, 'x-ms-dop-hint': String(switches.current().dopHint) };
      const isCut = failure === null && switches.takeCut();
      return { ...reply, headers: { ...headers, ...reply.headers }, isCut };
    } finally {
      admission.leave();
    }
  };

  function answer(request: IncomingMessage, url: URL): Reply | Promise<Reply> {
    const path = decodeURIComponent(url.pathname.slice(SERVICE_PATH.length));
    const definition = /^EntityDefinitions\(LogicalName='([^']+)'\)\/Attributes$/.exec(path)?.[1];
    if (definition !== undefined) return definitions(definition, url);
    const table = Object.hasOwn(TABLES, path) ? TABLES[path] : undefined;
    const absent = path === 'mscipriv_segmentmetadata' && switches.current().segmentMetadata === 'absent';
    if (table === undefined || absent) return notFound(path);
    if (switches.current().forbidden.includes(path)) {
      return fault(403, '0x80040220', `Principal user is missing prvRead${table.logicalName} privilege.`);
    }
    return rows(request, url, path, alteredTable(table, switches.current()));
  }

  async function rows(request: IncomingMessage, url: URL, path: string, table: Table): Promise<Reply> {
    const parsed = parseQuery(url, table, secret);
    if (parsed.kind === 'error') return badRequest(parsed.message);
    const { query } = parsed;
    const { prefixFilter, pageSize, repeatRows, prefixDelayMs } = switches.current();
    const hasPrefix = query.filter !== null && asksForPrefix(query.filter);
    if (hasPrefix && prefixFilter === 'slow') await pause(prefixDelayMs);
    if (hasPrefix && prefixFilter === 'unsupported') {
      return badRequest('The filter function startswith is not supported for this column.');
    }
    const preferred = Number(/odata\.maxpagesize=(\d+)/.exec(String(request.headers.prefer ?? ''))?.[1] ?? 0);
    const size = preferred > 0 && preferred <= pageSize ? preferred : pageSize;
    // `$top` counts for nothing beside a preferred page size.
    const top = query.top !== null && preferred === 0 && query.top <= size ? query.top : null;

    const population = world.populationFor(table);
    const seen: Seen = (column, text) =>
      column === 'msdynci_segments' && switches.current().segmentFilterForm === 'escaped'
        ? text.replaceAll('"', '\\"')
        : text;
    const oddities = { repeatsRows: repeatRows, losesRows: hasPrefix && prefixFilter === 'incomplete' };
    const page = readPage(table, population, query, top ?? size, seen, oddities);
    const count = query.count ? { '@odata.count': countRows(table, population, query, seen) } : {};
    const more =
      page.next !== null && top === null ? { '@odata.nextLink': nextLink(url, page.next, secret) } : {};
    world.pageServed();
    switches.count(`pages-${path}`);
    switches.count(`rows-${path}`, page.rows.length);
    const context = `${url.origin}${SERVICE_PATH}$metadata#${path}(${query.select.join(',')})`;
    return {
      status: 200,
      headers: {
        'odata-version': '4.0',
        ...(preferred > 0 ? { 'preference-applied': `odata.maxpagesize=${size}` } : {}),
      },
      body: { '@odata.context': context, ...count, value: page.rows, ...more },
    };
  }

  function definitions(logicalName: string, url: URL): Reply {
    const table = Object.values(TABLES).find((one) => one.logicalName === logicalName);
    if (table === undefined) {
      return fault(404, '0x80060888', `Could not find an entity with name '${logicalName}'.`);
    }
    const select = url.searchParams.get('$select')?.split(',');
    const value = Object.entries(alteredTable(table, switches.current()).columns).map(([name, type]) => {
      const whole = {
        LogicalName: name,
        AttributeType: type,
        DisplayName: { UserLocalizedLabel: { Label: name.replace(/^[^_]*_/, ''), LanguageCode: 1033 } },
      };
      return Object.fromEntries(Object.entries(whole).filter(([key]) => select?.includes(key) ?? true));
    });
    return { status: 200, headers: { 'odata-version': '4.0' }, body: { value } };
  }
}

function asksForPrefix(filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return asksForPrefix(filter.left) || asksForPrefix(filter.right);
    case 'not':
      return asksForPrefix(filter.inner);
    case 'text':
      return filter.name === 'startswith' && filter.column === 'msdynci_customerid';
    case 'compare':
      return false;
  }
}

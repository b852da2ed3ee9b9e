import type { Source, SourceAnswer, SourcePage, SourceQuestion } from '../../ports/source.ts';
import { type Client, type DataverseOptions, dataverseClient, type Reply } from './client.ts';
import { type Columns, knownColumns } from './columns.ts';
import { type MembershipCursor, type ProfileCursor, readCursor, writeCursor } from './cursor.ts';
import { prefixesOf } from './division.ts';
import { foreignLink, linkFault, missingColumn, requestFault } from './faults.ts';
import { afterNothing, afterRefusal, filtered, prefixFilter, type SegmentForm } from './filter.ts';
import { membershipsAddress } from './memberships.ts';
import { logicalName, membershipTable, modifiedColumn, profileTable } from './names.ts';
import { membershipsOf, profilesOf } from './rows.ts';
import { segmentFaults } from './segments.ts';

const page = (
  next: string | null,
  content: Partial<Omit<SourcePage, 'next'>> = {},
): SourceAnswer<SourcePage> => ({
  kind: 'ok',
  value: { memberships: [], profiles: [], oddMemberships: 0, ...content, next },
});

/**
 * Customer segments from the Dataverse tables of Customer Insights - Data, which are only ever read:
 * https://learn.microsoft.com/dynamics365/customer-insights/data/tables. A slice's `spec` is a customer-id prefix.
 */
export const dataverseSource = (options: DataverseOptions): Source => {
  const client = dataverseClient(options);
  const columns = knownColumns(client);
  // The form of the segment filter by which somebody was found in this environment.
  let provedForm: SegmentForm | undefined;

  const readMemberships = async (
    question: SourceQuestion,
    prefix: string,
    at: MembershipCursor,
  ): Promise<SourceAnswer<SourcePage>> => {
    const { form, link } = at;
    const url =
      link === null
        ? membershipsAddress(client, question.segments, form, prefixFilter(prefix))
        : client.follow(link);
    if (url === undefined) return foreignLink(membershipTable);
    const reply = await client.get(url);
    if (reply.kind === 'denied') {
      if (link !== null) return linkFault(reply, membershipTable);
      const other = reply.status === 400 || reply.status === 501 ? afterRefusal[form] : null;
      if (other === null) return requestFault(reply, membershipTable, []);
      return page(writeCursor({ phase: 'memberships', link: null, form: other, found: false }));
    }
    if (reply.kind !== 'ok') return reply;
    const { memberships, oddMemberships } = membershipsOf(reply.value.rows, question.segments);
    if (memberships.length > 0) provedForm = form;
    const found = at.found || memberships.length > 0 || oddMemberships > 0;
    const content = { memberships, oddMemberships };
    if (reply.value.next !== null) {
      return page(writeCursor({ phase: 'memberships', link: reply.value.next, form, found }), content);
    }
    if (found) return page(writeCursor({ phase: 'profiles', link: null }), content);
    const other = provedForm === form ? null : afterNothing[form];
    if (other === null) return page(null);
    return page(writeCursor({ phase: 'memberships', link: null, form: other, found: false }));
  };

  const readProfiles = async (
    question: SourceQuestion,
    prefix: string,
    { link }: ProfileCursor,
  ): Promise<SourceAnswer<SourcePage>> => {
    const first = link === null ? await profilesAddress(client, columns, question, prefix) : undefined;
    if (first !== undefined && first.kind !== 'ok') return first;
    const url = first?.value ?? client.follow(link ?? '');
    if (url === undefined) return foreignLink(profileTable);
    const reply: Reply = await client.get(url);
    if (reply.kind === 'denied') {
      if (link !== null) return linkFault(reply, profileTable);
      columns.forget();
      return requestFault(reply, profileTable, question.columns);
    }
    if (reply.kind !== 'ok') return reply;
    const { next } = reply.value;
    const content = { profiles: profilesOf(reply.value.rows, question.columns) };
    return page(next === null ? null : writeCursor({ phase: 'profiles', link: next }), content);
  };

  return {
    environment: new URL(options.url).host,

    async divide(question) {
      const known = await columns.known(question.columns);
      if (known.kind !== 'ok') return known;
      const missing = question.columns.filter((column) => !known.value.has(logicalName(column)));
      const unknown = await segmentFaults(client, question.segments);
      if (unknown.kind !== 'ok') return unknown;
      const faults = [...missing.map(missingColumn), ...unknown.value];
      if (faults.length > 0) return { kind: 'configuration', faults };
      const prefixes = await prefixesOf(client, question.segments);
      if (prefixes.kind !== 'ok') return prefixes;
      const slices = prefixes.value.map((prefix) => ({
        label: prefix === '' ? 'all' : `${prefix}*`,
        spec: prefix,
      }));
      return { kind: 'ok', value: slices };
    },

    async read(question, slice, cursor) {
      if (cursor === null) {
        const form = provedForm ?? 'escaped';
        return readMemberships(question, slice.spec, {
          phase: 'memberships',
          link: null,
          form,
          found: false,
        });
      }
      const at = readCursor(cursor);
      if (at === undefined) return { kind: 'link-dead' };
      return at.phase === 'memberships'
        ? readMemberships(question, slice.spec, at)
        : readProfiles(question, slice.spec, at);
    },
  };
};

const profilesAddress = async (
  client: Client,
  columns: Columns,
  question: SourceQuestion,
  prefix: string,
): Promise<SourceAnswer<URL>> => {
  const known = await columns.known([]);
  if (known.kind !== 'ok') return known;
  const names = ['msdynci_customerid', ...question.columns.map(logicalName)];
  if (known.value.has(modifiedColumn)) names.push(modifiedColumn);
  const $select = [...new Set(names)].join(',');
  const url = client.address('msdynci_customerprofiles', { ...filtered(prefixFilter(prefix)), $select });
  return { kind: 'ok', value: url };
};

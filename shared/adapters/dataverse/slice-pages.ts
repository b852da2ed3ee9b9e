import type { Source, SourceAnswer, SourcePage, SourceQuestion } from '../../ports/source.ts';
import { addIds, idsPerRequest } from './by-id.ts';
import type { Client, Page } from './client.ts';
import type { Columns } from './columns.ts';
import { type Cursor, type MembershipCursor, type ProfileCursor, readCursor, writeCursor } from './cursor.ts';
import { foreignLink, isFilterRefusal, linkFault, requestFault } from './faults.ts';
import { afterNothing, afterRefusal, filtered, idFilter, prefixFilter, type SegmentForm } from './filter.ts';
import { membershipsAddress } from './memberships.ts';
import { idColumn, logicalName, membershipTable, modifiedColumn, profileSet, profileTable } from './names.ts';
import { membershipsOf, profilesOf } from './rows.ts';
import { type Extent, readExtent } from './slice-spec.ts';

const turn = (
  next: Cursor | null,
  content: Partial<Omit<SourcePage, 'next'>> = {},
  page?: Page,
): SourceAnswer<SourcePage> => ({
  kind: 'ok',
  value: {
    memberships: [],
    profiles: [],
    oddMemberships: 0,
    ...content,
    next: next === null ? null : writeCursor(next),
    ...(page?.parallel !== undefined && { parallel: page.parallel }),
  },
});

const firstMemberships = (form: SegmentForm): MembershipCursor => ({
  phase: 'memberships',
  link: null,
  form,
  found: false,
  ids: [],
});

/**
 * The pages of a slice: first every membership, then the profiles of its customers; those of few customers by their
 * ids, else all profiles of the slice.
 */
export const slicePages = (client: Client, columns: Columns): Source['read'] => {
  // The form of the segment filter by which somebody was found in this environment.
  let provedForm: SegmentForm | undefined;

  const readMemberships = async (
    question: SourceQuestion,
    extent: Extent,
    at: MembershipCursor,
  ): Promise<SourceAnswer<SourcePage>> => {
    const { form, link } = at;
    const url =
      link === null
        ? membershipsAddress(client, question.segments, form, prefixFilter(extent.prefix))
        : client.follow(link);
    if (url === undefined) return foreignLink(membershipTable);
    const reply = await client.get(url);
    if (reply.kind === 'denied') {
      if (link !== null) return linkFault(reply, membershipTable);
      const other = isFilterRefusal(reply.status) ? afterRefusal[form] : null;
      return other === null ? requestFault(reply, membershipTable, []) : turn(firstMemberships(other));
    }
    if (reply.kind !== 'ok') return reply;
    const content = membershipsOf(reply.value.rows, question.segments);
    const { memberships, oddMemberships } = content;
    if (memberships.length > 0) provedForm = form;
    const found = at.found || memberships.length > 0 || oddMemberships > 0;
    const ids = addIds(at.ids, memberships, extent);
    const { next } = reply.value;
    if (next !== null) return turn({ ...at, link: next, found, ids }, content, reply.value);
    if (found) {
      const profiles = ids === null ? ({ phase: 'scan', link: null } as const) : byId(ids);
      return turn(profiles, content, reply.value);
    }
    const other = provedForm === form ? null : afterNothing[form];
    return turn(other === null ? null : firstMemberships(other), {}, reply.value);
  };

  const readProfiles = async (
    question: SourceQuestion,
    { prefix }: Extent,
    at: ProfileCursor,
  ): Promise<SourceAnswer<SourcePage>> => {
    const { link } = at;
    const asked = at.phase === 'by-id' && link === null ? at.ids.slice(0, idsPerRequest) : [];
    const filter = at.phase === 'by-id' ? idFilter(asked) : prefixFilter(prefix);
    const first = link === null ? await profilesAddress(client, columns, question, filter) : undefined;
    if (first !== undefined && first.kind !== 'ok') return first;
    const url = first?.value ?? client.follow(link ?? '');
    if (url === undefined) return foreignLink(profileTable);
    const reply = await client.get(url);
    if (reply.kind === 'denied') {
      if (link !== null) return linkFault(reply, profileTable);
      columns.forget();
      const fault = requestFault(reply, profileTable, question.columns);
      // It may be the long filter that is refused; a scan does without, and shows what else it is.
      const isScannable = at.phase === 'by-id' && isFilterRefusal(reply.status);
      return isScannable ? turn({ phase: 'scan', link: null }) : fault;
    }
    if (reply.kind !== 'ok') return reply;
    const { next } = reply.value;
    const content = { profiles: profilesOf(reply.value.rows, question.columns) };
    if (at.phase === 'scan') return turn(next === null ? null : { ...at, link: next }, content, reply.value);
    const ids = at.ids.slice(asked.length);
    return turn(next === null ? byId(ids) : { phase: 'by-id', link: next, ids }, content, reply.value);
  };

  return async (question, slice, cursor) => {
    const extent = readExtent(slice.spec);
    if (cursor === null) return readMemberships(question, extent, firstMemberships(provedForm ?? 'escaped'));
    const at = readCursor(cursor);
    if (at === undefined) return { kind: 'link-dead' };
    return at.phase === 'memberships'
      ? readMemberships(question, extent, at)
      : readProfiles(question, extent, at);
  };
};

const byId = (ids: readonly string[]): ProfileCursor | null =>
  ids.length === 0 ? null : { phase: 'by-id', link: null, ids: [...ids] };

export const profilesAddress = async (
  client: Client,
  columns: Columns,
  question: SourceQuestion,
  filter: string | undefined,
): Promise<SourceAnswer<URL>> => {
  const known = await columns.known(client, []);
  if (known.kind !== 'ok') return known;
  const names = [idColumn, ...question.columns.map(logicalName)];
  if (known.value.has(modifiedColumn)) names.push(modifiedColumn);
  const $select = [...new Set(names)].join(',');
  return { kind: 'ok', value: client.address(profileSet, { ...filtered(filter), $select }) };
};

import type { ConfigurationFault } from '../../shared/domain/answers.ts';
import { guessFields } from '../../shared/domain/column-guess.ts';
import type { Membership, Profile } from '../../shared/domain/contact.ts';
import { prefixesFor } from '../../shared/domain/slicing.ts';
import type {
  Source,
  SourceAnswer,
  SourceFault,
  SourcePage,
  SourceQuestion,
} from '../../shared/ports/source.ts';
import type { MemberRow, MemoryPopulation } from './memory-population.ts';

interface ReadCall {
  readonly operation: 'divide' | 'read' | 'mark' | 'find' | 'segments' | 'columns';
  /** Of a `read`. */
  readonly prefix?: string;
  readonly cursor?: string | null;
}

export interface MemorySourceOptions {
  readonly pageSize?: number;
  readonly environment?: string;
  /** In place of those that the size asks for. */
  readonly prefixes?: readonly string[];
  readonly oddMemberships?: number;
  /** The service's own advice of how many pages to ask for at a time. */
  readonly parallel?: number;
  /** What the source says of its segments' sizes, in place of what is true. */
  readonly counts?: Readonly<Record<string, number>>;
  /** An answer in place of the true one. */
  readonly before?: (call: ReadCall) => SourceFault | undefined;
}

export interface MemorySource extends Source {
  /** From now on it reads from this: the source was refreshed. */
  refresh(population: MemoryPopulation): void;
  readonly calls: readonly ReadCall[];
}

interface Cut {
  readonly memberships: readonly Membership[];
  readonly profiles: readonly Profile[];
}

const membershipsIn = (rows: readonly MemberRow[], segments: readonly string[]): readonly Membership[] => {
  const positions = new Map(segments.map((segment, position) => [segment, position]));
  return rows.flatMap((row) => {
    const found = row.segments.flatMap((segment) => positions.get(segment) ?? []);
    return found.length === 0
      ? []
      : [{ customerId: row.customerId, segments: [...new Set(found)].sort((a, b) => a - b) }];
  });
};

const only = (profile: Profile, columns: readonly string[]): Profile => ({
  ...profile,
  values: Object.fromEntries(
    columns.filter((column) => column in profile.values).map((column) => [column, profile.values[column]]),
  ),
});

/** Customer segments in memory, cut by customer-id prefix as Dataverse is. The cursor is `<phase>:<row>`. */
export const memorySource = (
  first: MemoryPopulation,
  {
    pageSize = 5_000,
    environment = 'memory',
    prefixes,
    oddMemberships = 0,
    parallel,
    counts,
    before,
  }: MemorySourceOptions = {},
): MemorySource => {
  let population = first;
  // Pages of a slice come one after the other, so one cut in memory serves a whole chain.
  let latest: { readonly name: string; readonly of: MemoryPopulation; readonly cut: Cut } | undefined;
  let generation = 0;
  const calls: ReadCall[] = [];
  const advice = parallel === undefined ? {} : { parallel };

  /** The fault that a test wants in place of the answer. */
  const noted = (call: ReadCall): SourceFault | undefined => {
    calls.push(call);
    return before?.(call);
  };

  const countOf = (segment: string): number =>
    counts?.[segment] ??
    new Set(population.members('').flatMap((row) => (row.segments.includes(segment) ? [row.customerId] : [])))
      .size;

  const cutOf = (question: SourceQuestion, prefix: string): Cut => {
    const name = JSON.stringify([prefix, question.segments]);
    if (latest?.name === name && latest.of === population) return latest.cut;
    const memberships = membershipsIn(population.members(prefix), question.segments);
    const cut = { memberships, profiles: memberships.length === 0 ? [] : population.profiles(prefix) };
    latest = { name, of: population, cut };
    return cut;
  };

  // As Dataverse's adapter does: two hex digits stand for one in 256 of the rows.
  const sampled = (segments: readonly string[]): number =>
    membershipsIn(population.members('00'), segments).length * 256;

  const faultsOf = ({ columns, segments }: SourceQuestion): readonly ConfigurationFault[] => [
    ...columns
      .filter((column) => !population.columns.has(column))
      .map((field) => ({ field, message: 'There is no such column.', remedy: 'Name another column.' })),
    ...segments
      .filter((segment) => !population.segments.has(segment))
      .map((field) => ({ field, message: 'There is no such segment.', remedy: 'Name another segment.' })),
    ...segments
      .filter((segment) => population.inactive?.has(segment))
      .map((field) => ({ field, message: 'The segment is inactive.', remedy: 'Activate it.' })),
  ];

  return {
    environment,
    slicesOverlap: false,
    calls,
    refresh(next) {
      population = next;
      generation += 1;
    },
    async divide(question) {
      const injected = noted({ operation: 'divide' });
      if (injected !== undefined) return injected;
      const faults = faultsOf(question);
      if (faults.length > 0) return { kind: 'configuration', faults };
      const slices = (prefixes ?? prefixesFor(sampled(question.segments))).map((prefix) => ({
        label: prefix === '' ? 'all' : `${prefix}*`,
        spec: prefix,
      }));
      return { kind: 'ok', value: slices };
    },
    async read(question, { spec }, cursor): Promise<SourceAnswer<SourcePage>> {
      const injected = noted({ operation: 'read', prefix: spec, cursor });
      if (injected !== undefined) return injected;
      const { memberships, profiles } = cutOf(question, spec);
      const [phase = 'm', place = '0'] = (cursor ?? 'm:0').split(':');
      const start = Number(place);
      const end = start + pageSize;
      if (phase === 'm') {
        const next = end < memberships.length ? `m:${end}` : profiles.length > 0 ? 'p:0' : null;
        const odd = start === 0 ? oddMemberships : 0;
        const found = memberships.slice(start, end);
        return {
          kind: 'ok',
          value: { memberships: found, profiles: [], oddMemberships: odd, next, ...advice },
        };
      }
      const page = profiles.slice(start, end).map((profile) => only(profile, question.columns));
      const next = end < profiles.length ? `p:${end}` : null;
      return { kind: 'ok', value: { memberships: [], profiles: page, oddMemberships: 0, next, ...advice } };
    },
    async mark({ segments }) {
      const injected = noted({ operation: 'mark' });
      if (injected !== undefined) return injected;
      const members = Object.fromEntries(segments.map((segment) => [segment, countOf(segment)]));
      return { kind: 'ok', value: { version: `generation-${generation}`, members } };
    },
    async find({ segments, columns }, { customerId }) {
      const injected = noted({ operation: 'find' });
      if (injected !== undefined) return injected;
      const own = membershipsIn(population.members(customerId), segments).filter(
        (row) => row.customerId === customerId,
      );
      const profile = population.profiles(customerId).find((row) => row.customerId === customerId);
      const found = {
        segments: [...new Set(own.flatMap((row) => row.segments))].sort((a, b) => a - b),
        oddMemberships: 0,
        profile: profile === undefined ? null : only(profile, columns),
      };
      return { kind: 'ok', value: found };
    },
    async segments() {
      const injected = noted({ operation: 'segments' });
      if (injected !== undefined) return injected;
      const listed = [...population.segments].sort().map((name) => ({
        name,
        friendlyName: name.replaceAll('_', ' '),
        members: countOf(name),
        state: population.inactive?.has(name) ? ('inactive' as const) : ('active' as const),
        evaluatedAt: null,
      }));
      return { kind: 'ok', value: listed };
    },
    async columns() {
      const injected = noted({ operation: 'columns' });
      if (injected !== undefined) return injected;
      const names = [...population.columns].sort();
      const guesses = guessFields(names.map((name) => ({ name })));
      const listed = names.map((name, place) => ({
        name,
        type: 'string' as const,
        displayName: name,
        guess: guesses[place] ?? null,
      }));
      return { kind: 'ok', value: listed };
    },
    async check() {
      return [{ name: 'environment', ok: true, message: 'The source is in memory.', remedy: '' }];
    },
  };
};

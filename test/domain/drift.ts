import fc from 'fast-check';
import type { ExportDefinition } from '../../shared/domain/definition.ts';
import type { SpoolRow } from '../../shared/domain/spool.ts';
import { type Fate, Model, type PastRun } from './model-omnisend.ts';
import { definitionArbitrary, emailOf, idOf, keyOf } from './planning.ts';

/** What happens to one of twelve customers from one run to the next. */
type Move =
  | { readonly kind: 'segments'; readonly who: number; readonly segments: readonly string[] }
  | { readonly kind: 'name'; readonly who: number; readonly firstName: string }
  | { readonly kind: 'address'; readonly who: number; readonly number: number }
  /** The same person under a new customer id. */
  | { readonly kind: 'merge'; readonly who: number }
  | { readonly kind: 'age'; readonly who: number; readonly at: number };

/** What goes wrong in a run. Fates are of its changes and of its tag calls, in turn. */
export type Trouble =
  | { readonly kind: 'none' | 'dry-run' | 'held-empty' | 'approved-empty' }
  | { readonly kind: 'mixed'; readonly fates: readonly Fate[]; readonly tagFates: readonly Fate[] }
  /** Cancelled or stopped: from this change on, none was posted, or none has an answer. */
  | { readonly kind: 'stopped'; readonly after: number; readonly fate: Fate };

interface Day {
  readonly moves: readonly Move[];
  /** From this day on. */
  readonly definition: ExportDefinition | undefined;
  readonly kind: PastRun['kind'];
  readonly trouble: Trouble;
}

export interface History {
  readonly definition: ExportDefinition;
  readonly days: readonly Day[];
}

const people = 12;
const who = fc.nat(people - 1);
/** Of them, three at a time are in a definition. */
const allSegments = ['A', 'B', 'C', 'D', 'E'];

const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ kind: fc.constant('segments'), who, segments: fc.subarray(allSegments) }),
  fc.record({ kind: fc.constant('name'), who, firstName: fc.constantFrom('Ann', 'Bea', 'Cid') }),
  fc.record({ kind: fc.constant('address'), who, number: fc.nat(people) }),
  fc.record({ kind: fc.constant('merge'), who }),
  fc.record({ kind: fc.constant('age'), who, at: fc.nat(3) }),
);

const fates = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<Fate>('done') },
    { weight: 2, arbitrary: fc.constantFrom<Fate>('open-arrived', 'open-lost', 'refused', 'unsent') },
  ),
  { minLength: 1, maxLength: 13 },
);

const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('none') }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('mixed'), fates, tagFates: fates }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('stopped'),
      after: fc.nat(people),
      fate: fc.constantFrom<Fate>('unsent', 'open-arrived', 'open-lost'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('dry-run', 'held-empty', 'approved-empty') }),
  },
);

const day: fc.Arbitrary<Day> = fc.record({
  moves: fc.array(move, { maxLength: 8 }),
  definition: fc.option(definitionArbitrary, { freq: 5, nil: undefined }),
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constant('changes') },
    { weight: 1, arbitrary: fc.constant('full') },
  ),
  trouble,
});

/** Up to twenty runs of one export, over people who drift. */
export const historyArbitrary: fc.Arbitrary<History> = fc.record({
  definition: definitionArbitrary,
  days: fc.array(day, { minLength: 1, maxLength: 20, size: 'max' }),
});

interface Person {
  readonly number: number;
  readonly merges: number;
  readonly firstName: string;
  readonly segments: readonly string[];
  readonly at: number | undefined;
}

const moved = (person: Person, change: Move): Person => {
  switch (change.kind) {
    case 'segments':
      return { ...person, segments: change.segments };
    case 'name':
      return { ...person, firstName: change.firstName };
    case 'address':
      return { ...person, number: change.number };
    case 'merge':
      return { ...person, merges: person.merges + 1 };
    case 'age':
      return { ...person, at: change.at };
  }
};

const rowsOf = (population: readonly Person[], { segments }: ExportDefinition): readonly SpoolRow[] =>
  population.flatMap(({ number, merges, firstName, segments: of, at }, place) => {
    const positions = segments.flatMap((name, position) => (of.includes(name) ? [position] : []));
    if (positions.length === 0) return [];
    return [
      {
        key: keyOf(number),
        id: idOf(`c${place}-${merges}`),
        ...(at !== undefined && { at }),
        segments: positions,
        contact: { email: emailOf(number), firstName },
      },
    ];
  });

const fatesOf = (given: Trouble): Pick<PastRun, 'fates' | 'tagFates'> => {
  if (given.kind === 'mixed') return given;
  if (given.kind !== 'stopped') return { fates: ['done'], tagFates: ['done'] };
  const length = 3 * people;
  const stopped = Array.from({ length }, (_, index) => (index < given.after ? 'done' : given.fate));
  // Who is stopped while sending asks for no tags any more, or has no answer for these either.
  return { fates: stopped, tagFates: [given.fate] };
};

/** One day of a history, before its run. */
export interface Walked {
  readonly model: Model;
  readonly run: PastRun;
  readonly trouble: Trouble;
  /** What the source would give if nothing were wrong with it. */
  readonly rows: readonly SpoolRow[];
}

/**
 * Lets the runs of a history take place one after the other. `onRun` sees each before it does, and answers with what
 * is to be seen of it afterwards.
 */
export const walk = (
  { definition: first, days }: History,
  onRun: (walked: Walked) => (() => void) | undefined = () => undefined,
): Walked => {
  const model = new Model();
  let definition = first;
  let population: readonly Person[] = Array.from({ length: people }, (_, number) => ({
    number,
    merges: 0,
    firstName: 'Ann',
    segments: number % 3 === 0 ? [] : allSegments.slice(number % 5),
    at: undefined,
  }));
  let rows: readonly SpoolRow[] = [];
  for (const { moves, definition: next, kind, trouble: given } of days) {
    definition = next ?? definition;
    for (const change of moves) {
      population = population.map((person, place) => (place === change.who ? moved(person, change) : person));
    }
    rows = rowsOf(population, definition);
    const isEmpty = given.kind === 'held-empty' || given.kind === 'approved-empty';
    const run = { rows: isEmpty ? [] : rows, definition, kind, ...fatesOf(given) };
    const after = onRun({ model, run, trouble: given, rows });
    if (given.kind !== 'dry-run' && given.kind !== 'held-empty') model.run(run);
    after?.();
  }
  const end: PastRun = { rows, definition, kind: 'changes', fates: ['done'], tagFates: ['done'] };
  return { model, run: end, trouble: { kind: 'none' }, rows };
};

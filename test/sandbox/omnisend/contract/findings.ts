import type { Schema } from './document.ts';
import { formats, nulls, rules } from './prose.ts';

/**
 * `faults` are against the document; `departures` are not in it either, but are on a list with a name and a reason.
 * Neither quotes a value.
 */
export type Findings = { readonly faults: readonly string[]; readonly departures: readonly string[] };

/** Where in the value; written out only for a fault, as thousands of contacts pass through here. */
type Path = { readonly parent: Path | undefined; readonly name: string | number };

type Place = {
  readonly path: Path | undefined;
  /** The schema or operation that declares it, and the property or parameter of that. */
  readonly owner: string;
  readonly property: string;
};

type Properties = Readonly<Record<string, unknown>>;

const written = (path: Path | undefined): string => {
  if (path === undefined) return '';
  return path.parent === undefined ? `${path.name}` : `${written(path.parent)}.${path.name}`;
};

const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
};

const isObject = (value: unknown): value is Properties =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isWithin = (value: number, least: number | undefined, most: number | undefined): boolean =>
  value >= (least ?? value) && value <= (most ?? value);

/** Holds a value to a schema, strictly: what is not declared may not be there. */
export function checkValue(
  value: unknown,
  schema: Schema,
  schemas: Readonly<Record<string, Schema>>,
  start: Partial<Place> = {},
): Findings {
  const faults: string[] = [];
  const departures: string[] = [];

  function fault({ path }: Place, message: string): void {
    faults.push(`${written(path) || 'body'}: ${message}`);
  }

  function visit(found: unknown, given: Schema, place: Place): void {
    if (given.$ref !== undefined) {
      const name = given.$ref.slice(given.$ref.lastIndexOf('/') + 1);
      const target = schemas[name];
      if (target === undefined) throw new Error(`The document has no ${given.$ref}.`);
      visit(found, target, { path: place.path, owner: name, property: '' });
    } else if (given.allOf !== undefined) {
      visit(found, given.allOf[0], place);
    } else if (given.type !== undefined && !(found === null && given.nullable === true)) {
      visitTyped(found, given, place);
    }
  }

  function visitTyped(found: unknown, given: Schema, place: Place): void {
    const kind = kindOf(found);
    const allowed = found === null ? nulls[place.owner]?.[place.property] : undefined;
    if (allowed !== undefined) {
      departures.push(allowed);
    } else if (kind !== given.type && !(kind === 'integer' && given.type === 'number')) {
      fault(place, `${kind} in place of ${given.type}`);
    } else if (given.enum !== undefined && !given.enum.includes(found)) {
      fault(place, 'not in the enum');
    } else if (typeof found === 'string') {
      if (!isWithin(found.length, 0, given.maxLength)) fault(place, 'too long');
      const format = formats[place.owner]?.[place.property];
      if (format !== undefined && !format.holds(found)) fault(place, `not ${format.name}`);
    } else if (typeof found === 'number') {
      if (!isWithin(found, given.minimum, given.maximum)) fault(place, 'out of range');
    } else if (Array.isArray(found)) {
      visitArray(found, given, place);
    } else if (isObject(found)) {
      visitObject(found, given, place);
    }
  }

  function visitArray(found: readonly unknown[], given: Schema, place: Place): void {
    if (!isWithin(found.length, given.minItems, undefined)) fault(place, 'too few');
    if (!isWithin(found.length, undefined, given.maxItems)) fault(place, 'too many');
    const { items } = given;
    if (items === undefined) return;
    for (const [name, entry] of found.entries()) {
      visit(entry, items, { ...place, path: { parent: place.path, name } });
    }
  }

  function visitObject(found: Properties, given: Schema, place: Place): void {
    for (const name of given.required ?? []) {
      if (found[name] === undefined) fault(place, `${name} is missing`);
    }
    const more = given.additionalProperties;
    for (const name of Object.keys(found)) {
      const declared = given.properties?.[name] ?? (typeof more === 'object' ? more : undefined);
      if (declared === undefined && more === true) continue;
      const inner = { path: { parent: place.path, name }, owner: place.owner, property: name };
      if (declared === undefined) fault(inner, 'not declared');
      else visit(found[name], declared, inner);
    }
    const broken = rules[place.owner]?.(found);
    if (broken !== undefined) fault(place, broken);
  }

  visit(value, schema, { path: undefined, owner: '', property: '', ...start });
  return { faults, departures };
}

export const joined = (all: readonly Findings[]): Findings => ({
  faults: all.flatMap(({ faults }) => faults),
  departures: all.flatMap(({ departures }) => departures),
});

export const faulty = (...faults: readonly string[]): Findings => ({ faults, departures: [] });
export const departing = (...departures: readonly string[]): Findings => ({ faults: [], departures });
export const nothing: Findings = faulty();

/** `undefined` where the text is no JSON. */
export const parseJson = (text: string): { readonly json: unknown } | undefined => {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return undefined;
  }
};

import { idColumn } from './names.ts';

/**
 * How the text of a membership is searched for a segment's name. It holds JSON, and whether the backslashes of the
 * documented filter are in the text or only in the documentation is not known, so the forms are tried in turn. The
 * filter only spares reading: it ignores case and takes `_` as a wildcard, and the parsed text decides.
 * https://learn.microsoft.com/dynamics365/customer-insights/data/data-sources-odata
 */
export const segmentForms = ['escaped', 'plain', 'bare', 'none'] as const;
export type SegmentForm = (typeof segmentForms)[number];

/** The form to try after one that found nothing. */
export const afterNothing: Readonly<Record<SegmentForm, SegmentForm | null>> = {
  escaped: 'plain',
  plain: 'bare',
  bare: null,
  none: null,
};

/** The form to try after one that was refused. */
export const afterRefusal: Readonly<Record<SegmentForm, SegmentForm | null>> = {
  escaped: 'plain',
  plain: 'bare',
  bare: 'none',
  none: null,
};

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const searched: Readonly<Record<Exclude<SegmentForm, 'none'>, (segment: string) => string>> = {
  escaped: (segment) => `\\"${segment}\\"`,
  plain: (segment) => `"${segment}"`,
  bare: (segment) => segment,
};

/** `undefined` where nothing is to be filtered. */
export const segmentFilter = (segments: readonly string[], form: SegmentForm): string | undefined => {
  if (form === 'none') return undefined;
  const parts = segments.map((segment) => `contains(msdynci_segments,${literal(searched[form](segment))})`);
  return `(${parts.join(' or ')})`;
};

export const prefixFilter = (prefix: string): string | undefined =>
  prefix === '' ? undefined : `startswith(${idColumn},${literal(prefix)})`;

/** Customers whose id begins with none of the prefixes. */
export const otherwiseFilter = (prefixes: readonly string[]): string =>
  `not (${prefixes.map((prefix) => `startswith(${idColumn},${literal(prefix)})`).join(' or ')})`;

export const idFilter = (ids: readonly string[]): string =>
  ids.map((id) => `${idColumn} eq ${literal(id)}`).join(' or ');

/** A `$filter` of the parts that are there, or no `$filter`. */
export const filtered = (...parts: readonly (string | undefined)[]): { readonly $filter?: string } => {
  const present = parts.filter((part) => part !== undefined);
  return present.length === 0 ? {} : { $filter: present.join(' and ') };
};

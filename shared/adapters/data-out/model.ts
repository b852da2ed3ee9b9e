import { z } from 'zod';

// https://learn.microsoft.com/common-data-model/model-json; a partition may say in two places whether it has a header.
const settings = z.object({
  hasHeader: z.boolean().optional(),
  columnHeaders: z.boolean().optional(),
  delimiter: z.string().optional(),
  columnDelimiter: z.string().optional(),
  quoteCharacter: z.string().optional(),
  quoteStyle: z.string().optional(),
  encoding: z.string().optional(),
});

const partition = z.object({
  location: z.string().optional(),
  hasHeader: z.boolean().optional(),
  fileFormatSettings: settings.optional(),
});

const entity = z.object({
  name: z.string(),
  attributes: z.array(z.object({ name: z.string(), dataType: z.string().optional() })).default([]),
  partitions: z.array(partition).default([]),
  annotations: z.array(z.object({ name: z.string(), value: z.unknown() })).default([]),
});
/** A table as `model.json` describes it. */
export type Entity = z.infer<typeof entity>;

const model = z.object({ entities: z.array(entity) });

/** The tables by name; `undefined` for a text that is no model. */
export const parseModel = (text: string): ReadonlyMap<string, Entity> | undefined => {
  try {
    const { entities } = model.parse(JSON.parse(text.replace(/^\uFEFF/, '')));
    return new Map(entities.map((found) => [found.name, found]));
  } catch {
    return undefined;
  }
};

/** The paths of a dated folder's parts that the model names: `2026/03/01/0915` and `HighValue_1.csv`. */
export const announcedParts = (found: Entity | undefined, folder: string): ReadonlySet<string> => {
  const names = (found?.partitions ?? []).flatMap(({ location = '' }) => {
    const match = /\/(\d{4}\/\d{2}\/\d{2}\/\d{4})\/([^/?]+)(?:\?|$)/.exec(location);
    return match?.[1] === folder && match[2] !== undefined ? [match[2]] : [];
  });
  return new Set(names);
};

/** Rows of the table, where somebody noted them: no documented place is known. */
export const rowCountOf = (found: Entity | undefined): number | null => {
  const noted = found?.annotations.find(({ name }) => /^(?:row|record|member)s?_?count$/i.test(name));
  const count = Number(noted?.value ?? Number.NaN);
  return Number.isSafeInteger(count) && count >= 0 ? count : null;
};

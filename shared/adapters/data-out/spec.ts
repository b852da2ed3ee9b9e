import { z } from 'zod';

const place = z.int().min(0);

/** All that is needed to read a part: which state of which file, and where in a row is what. */
const partSpec = z.object({
  table: z.string(),
  path: z.string(),
  etag: z.string(),
  bytes: place,
  gzip: z.boolean(),
  csv: z.object({
    delimiter: place,
    quote: place.nullable(),
    encoding: z.enum(['utf8', 'latin1']),
  }),
  /** Where the first row begins, after decompression. */
  start: place,
  /** Cells of a row; any other number of them makes a row odd. */
  width: place,
  id: place,
  changedAt: place.nullable(),
  /** Columns of the question with their cells. */
  columns: z.array(z.tuple([z.string(), place])),
});
export type PartSpec = z.infer<typeof partSpec>;

/** Where to go on: the beginning of a row, after decompression. */
const cursor = z.object({ at: place });

const parse = <T>(schema: z.ZodType<T>, text: string): T | undefined => {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};

/** `undefined` for a text that this version did not write. */
export const readSpec = (text: string): PartSpec | undefined => parse(partSpec, text);
export const writeSpec = (spec: PartSpec): string => JSON.stringify(spec);

export const readCursor = (text: string): number | undefined => parse(cursor, text)?.at;
export const writeCursor = (at: number): string => JSON.stringify({ at });

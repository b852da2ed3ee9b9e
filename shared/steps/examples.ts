import { type Examples, maxExamples, noExamples } from '../domain/examples.ts';
import type { RunId } from '../domain/ids.ts';
import { joinLines, parseLines } from '../domain/keyed-blob.ts';
import type { Slice } from '../domain/slice.ts';
import type { InvalidRow } from '../domain/spool.ts';
import type { Ports } from '../ports/ports.ts';
import { paths } from './addresses.ts';

/** `undefined`: planning has found none yet, or they are removed as every list of rows is. */
export async function loadExamples(ports: Ports, run: RunId): Promise<Examples | undefined> {
  const bytes = await ports.blobs.get(paths.examples(run));
  return bytes === undefined ? undefined : parseLines<Examples>(bytes)[0];
}

export async function putExamples(ports: Ports, run: RunId, examples: Examples): Promise<void> {
  await ports.blobs.put(paths.examples(run), joinLines([examples]));
}

/** Those that earlier steps of the planning found; at its begin, a few of the rows that were found invalid. */
export async function beginExamples(ports: Ports, run: RunId, slices: readonly Slice[]): Promise<Examples> {
  const stored = await loadExamples(ports, run);
  if (stored !== undefined) return stored;
  const invalid: InvalidRow[] = [];
  for (const path of slices.flatMap((slice) => slice.invalid)) {
    if (invalid.length >= maxExamples) break;
    const rows = parseLines<InvalidRow>((await ports.blobs.get(path)) ?? new Uint8Array());
    invalid.push(...rows.slice(0, maxExamples - invalid.length));
  }
  if (invalid.length === 0) return noExamples;
  const examples = { ...noExamples, invalid };
  await putExamples(ports, run, examples);
  return examples;
}

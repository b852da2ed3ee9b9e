import type { RunId } from '../domain/ids.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';

/** Removes the rows of a run; its own last, so that what was cut off is found and done again. */
export async function removeAccount({ store }: Ports, id: RunId): Promise<void> {
  for (const page of await store.pages.list(id)) await store.pages.remove(page);
  for (const call of await store.tagCalls.list(id)) await store.tagCalls.remove(call);
  for (const slice of await store.slices.list(id)) await store.slices.remove(slice);
  await store.runs.remove(at.run(id));
}

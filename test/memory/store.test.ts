import { expect, test } from 'vitest';
import { runId } from '../../shared/domain/ids.ts';
import { memoryStore } from './store.ts';

const run = runId.parse('newsletter.1');

test('every table is there, and each is its own', async () => {
  const store = memoryStore();
  const address = { partition: 'brands', key: 'b1' };
  await store.brands.insert(address, { sending: [run], merging: 'unknown', asking: null });
  expect((await store.brands.list('brands')).map((row) => row.key)).toEqual(['b1']);
  for (const [name, rows] of Object.entries(store)) {
    expect(await rows.list('brands'), name).toHaveLength(name === 'brands' ? 1 : 0);
  }
});

test('what was read or written cannot be changed in place', async () => {
  const store = memoryStore();
  const address = { partition: 'brands', key: 'b1' };
  const written = await store.brands.insert(address, { sending: [run], merging: 'unknown', asking: null });
  const read = await store.brands.get(address);
  expect(() => written?.value.sending.push(run)).toThrow(TypeError);
  expect(() => read?.value.sending.push(run)).toThrow(TypeError);
});

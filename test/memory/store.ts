import { storeOf } from '../../shared/adapters/storage/store.ts';
import type { Store } from '../../shared/ports/store.ts';
import { memoryRows } from './rows.ts';

/** Every table of the app, in memory. */
export const memoryStore = (): Store => storeOf((table, schema) => memoryRows({ table, schema }));

import type { Blobs } from '../../../shared/ports/blobs.ts';
import type { Store } from '../../../shared/ports/store.ts';
import type { Operations } from './settings.ts';

type Counts = { -readonly [K in keyof Operations]: Operations[K] };

const onCalls = <T extends object>(port: T, onCall: (operation: string) => void): T =>
  new Proxy(port, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]): unknown => {
        onCall(String(property));
        return Reflect.apply(value, target, args);
      };
    },
  });

/** Storage that counts what is asked of it. */
export const counted = ({ store, blobs }: { readonly store: Store; readonly blobs: Blobs }) => {
  const operations: Counts = { blobReads: 0, blobWrites: 0, table: 0 };
  const onRow = (): void => {
    operations.table += 1;
  };
  return {
    operations,
    blobs: onCalls(blobs, (operation) => {
      operations[operation.startsWith('get') ? 'blobReads' : 'blobWrites'] += 1;
    }),
    store: new Proxy(store, {
      get(target, table) {
        const rows: unknown = Reflect.get(target, table);
        return typeof rows === 'object' && rows !== null ? onCalls(rows, onRow) : rows;
      },
    }),
  };
};

// US dollars, East US, hot tier, locally redundant. https://azure.microsoft.com/pricing/details/storage/blobs/
const perTenThousand = { blobReads: 0.0044, blobWrites: 0.055, table: 0.00036 } satisfies Operations;

export const priceOf = ({ blobReads, blobWrites, table }: Operations): number =>
  (blobReads * perTenThousand.blobReads +
    blobWrites * perTenThousand.blobWrites +
    table * perTenThousand.table) /
  10_000;

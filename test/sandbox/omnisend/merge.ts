import type { z } from 'zod';

/** Settings after a change, or all that is wrong with the change. */
export type Merged<T> =
  | { readonly kind: 'merged'; readonly value: T }
  | { readonly kind: 'refused'; readonly faults: readonly { path: string; message: string }[] };

/** Keeps what the change does not name; `whole` checks the outcome, `change` what was given. */
export function merge<T extends object>(
  current: T,
  given: unknown,
  schemas: { readonly change: z.ZodType<object>; readonly whole: z.ZodType<T> },
): Merged<T> {
  const parsed = schemas.change.safeParse(given);
  if (parsed.success) {
    return { kind: 'merged', value: schemas.whole.parse({ ...current, ...parsed.data }) };
  }
  const faults = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  return { kind: 'refused', faults };
}

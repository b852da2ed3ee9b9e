import type { Actor } from './saved.ts';

/** App roles of Entra, each of which may do what the one before may, and more. */
export const roles = ['viewer', 'contributor', 'administrator'] as const;
export type Role = (typeof roles)[number];

/** Who calls, as the platform says. */
export interface Caller {
  readonly actor: Actor;
  readonly role: Role;
}

/** Whom the API believes: who holds the app's key, or what the platform says of a token that it has checked. */
export type Authentication =
  | { readonly kind: 'key' }
  /** `isOn`: the platform checks tokens. Where it does not, anybody could write what it would say. */
  | { readonly kind: 'entra'; readonly isOn: boolean };

/** Who holds the app's key may do everything, and has no name. */
export const keyHolder: Caller = { actor: { id: 'key', name: null }, role: 'administrator' };

/** How far a role may do an operation: not at all, where the connection is shared with contributors, everywhere. */
export type Extent = 'none' | 'shared' | 'all';

const everybody = { viewer: 'all', contributor: 'all', administrator: 'all' } as const;
/** Of these, an operation that is about no connection, export or run looks itself at what is shared. */
const contributors = { viewer: 'none', contributor: 'shared', administrator: 'all' } as const;
const administrators = { viewer: 'none', contributor: 'none', administrator: 'all' } as const;

/** Every operation that is not for everybody on earth. What is not here, nobody may do. */
export const access = {
  'list-connections': contributors,
  'get-connection': contributors,
  'save-connection': administrators,
  'remove-connection': administrators,
  'rotate-key': administrators,
  connect: administrators,
  'connection-revisions': administrators,
  'privacy-statement': administrators,

  'list-exports': everybody,
  'get-export': everybody,
  'export-revisions': everybody,
  'save-export': contributors,
  'remove-export': contributors,
  'duplicate-export': contributors,
  'detach-export': contributors,
  'schedule-exports': contributors,
  'check-export': contributors,
  preview: contributors,
  segments: contributors,
  columns: contributors,
  'check-source': administrators,

  'get-schedule': everybody,
  'save-schedule': administrators,
  'remove-schedule': administrators,

  'run-export': contributors,
  'run-all': contributors,
  runs: everybody,
  run: everybody,
  rows: everybody,
  'row-values': administrators,
  approve: contributors,
  cancel: contributors,

  forget: administrators,
  'lift-forgetting': administrators,

  'get-notifications': administrators,
  'save-notifications': administrators,
  'remove-notifications': administrators,
  'test-notifications': administrators,

  'health-details': everybody,
} as const satisfies Readonly<Record<string, Readonly<Record<Role, Extent>>>>;
export type Operation = keyof typeof access;

export const mayDo = (role: Role, operation: Operation): Extent =>
  Object.hasOwn(access, operation) ? access[operation][role] : 'none';

/** The least role that may do it, to be named to who may not. */
export const leastRole = (operation: Operation): Role =>
  roles.find((role) => mayDo(role, operation) !== 'none') ?? 'administrator';

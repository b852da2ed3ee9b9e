import type { Actor } from './saved.ts';

/** App roles of Entra, each of which may do what the one before may, and more. */
export const roles = ['viewer', 'contributor', 'administrator'] as const;
export type Role = (typeof roles)[number];

/** Who calls, as the platform says. */
export interface Caller {
  readonly actor: Actor;
  readonly role: Role;
}

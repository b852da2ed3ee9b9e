import { type Caller, leastRole, mayDo, type Operation, type Role } from '../domain/access.ts';
import { type ConnectionId, connectionId, exportId, runId } from '../domain/ids.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';

/** What an operation is about, by the id as it was given. */
export type Target =
  | { readonly kind: 'connection' | 'export' | 'run'; readonly id: string }
  | { readonly kind: 'none' };

export type Authorisation =
  | { readonly kind: 'allowed' }
  /** The role may not do it at all: which one may. */
  | { readonly kind: 'role-missing'; readonly needed: Role }
  /** The connection is not shared with contributors. */
  | { readonly kind: 'not-shared' }
  /** There is no such connection, export or run. */
  | { readonly kind: 'missing' };

const allowed = { kind: 'allowed' } as const;
const missing = { kind: 'missing' } as const;

/** Whether the caller may do that there. Nothing is read where the role alone decides. */
export async function authorise(
  ports: Ports,
  caller: Caller,
  operation: Operation,
  target: Target,
): Promise<Authorisation> {
  switch (mayDo(caller.role, operation)) {
    case 'none':
      return { kind: 'role-missing', needed: leastRole(operation) };
    case 'all':
      return allowed;
    case 'shared':
      return onShared(ports, target);
  }
}

async function onShared(ports: Ports, target: Target): Promise<Authorisation> {
  if (target.kind === 'none') return allowed;
  const id = await connectionOf(ports, target);
  if (id === undefined) return missing;
  const connection = (await ports.store.connections.get(at.connection(id)))?.value;
  // What a removed connection leaves behind, its administrators alone may touch.
  if (connection === undefined) return target.kind === 'connection' ? missing : { kind: 'not-shared' };
  return connection.definition.sharedWith === 'contributors' ? allowed : { kind: 'not-shared' };
}

/** A run's is the one it was asked for with: the export may have another one by now. */
async function connectionOf(
  { store }: Ports,
  target: Exclude<Target, { readonly kind: 'none' }>,
): Promise<ConnectionId | undefined> {
  switch (target.kind) {
    case 'connection':
      return connectionId.safeParse(target.id).data;
    case 'export': {
      const id = exportId.safeParse(target.id).data;
      return id && (await store.exports.get(at.export(id)))?.value.definition.connection;
    }
    case 'run': {
      const id = runId.safeParse(target.id).data;
      return id && (await store.runs.get(at.run(id)))?.value.definition.connection;
    }
  }
}

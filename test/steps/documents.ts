import type { Caller } from '../../shared/domain/access.ts';
import { connectionDefinition, type ExportDefinition } from '../../shared/domain/definition.ts';
import { type ExportId, exportId } from '../../shared/domain/ids.ts';
import { at } from '../../shared/steps/addresses.ts';
import { type Basis, type Saving, saveExport } from '../../shared/steps/save-export.ts';
import { newsletter } from '../flow/people.ts';
import type { World } from '../flow/world.ts';
import { savedConnectionOf } from '../sandbox/saved.ts';

const callerOf = (role: Caller['role']): Caller => ({ actor: { id: `${role}-1`, name: null }, role });
export const viewer = callerOf('viewer');
export const contributor = callerOf('contributor');
export const administrator = callerOf('administrator');
export const otherAdministrator: Caller = { ...administrator, actor: { id: 'administrator-2', name: null } };

/** Beside `brand-a`, which is not shared with contributors, one that is. */
export const sharedConnection = savedConnectionOf(
  connectionDefinition.parse({
    id: 'brand-shared',
    displayName: 'Shared brand',
    sharedWith: 'contributors',
  }),
  'omnisend-brand-a',
);

export const addShared = async ({ ports }: World): Promise<void> => {
  await ports.store.connections.insert(at.connection(sharedConnection.definition.id), sharedConnection);
};

/** A body that can be saved beside `newsletter`. */
export const bodyOf = (more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  displayName: 'Second',
  connection: newsletter.connection,
  segments: ['High_value'],
  matching: { email: 'Email', firstName: 'FirstName' },
  markerPrefix: 'second_',
  schedule: 'off',
  ...more,
});

export const second = exportId.parse('second');

export const save = (
  world: World,
  body: unknown = bodyOf(),
  { id = second, caller = administrator, basis = 'new' as Basis, isCheckOnly = false } = {},
): Promise<Saving> => saveExport(world.ports, id, body, caller, { basis, isCheckOnly });

export const definitionOf = async (
  { ports }: World,
  id: ExportId = second,
): Promise<ExportDefinition | undefined> => (await ports.store.exports.get(at.export(id)))?.value.definition;

export const revisionsOf = async ({ ports }: World, id: ExportId = second): Promise<readonly string[]> =>
  (await ports.store.revisions.list(`export-${id}`)).map(
    ({ value }) => `${value.revision} ${value.what} ${value.by.id}`,
  );

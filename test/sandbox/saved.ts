import type { ConnectionDefinition, ExportDefinition } from '../../shared/domain/definition.ts';
import type { SavedConnection, SavedExport, Touch } from '../../shared/domain/saved.ts';

const once: Touch = { at: 0, by: { id: 'sandbox', name: null } };
const fresh = { revision: 1, created: once, updated: once } as const;

/** Documents as the app stores them, for who does not want to make them over HTTP. */
export const savedConnectionOf = (definition: ConnectionDefinition, secretName: string): SavedConnection => ({
  definition,
  secretName,
  isOwnSecret: false,
  consent: { ...once, wording: 'sandbox' },
  ...fresh,
});

export const savedExportOf = (definition: ExportDefinition): SavedExport => ({
  definition,
  isDetached: false,
  ...fresh,
});

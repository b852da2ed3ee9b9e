import { hash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import type { Contact } from './contact.ts';
import type { ExportDefinition } from './definition.ts';

/** Raise it when the same contact comes to be written differently for Omnisend: then everybody is sent once more. */
const formatVersion = 1;

const digest = (value: unknown, characters: number): string =>
  hash('sha256', canonicalJson(value), 'hex').slice(0, characters);

/** Names all of a definition that shapes contacts: 12 hex characters. Segments, guards and schedule are not part of it. */
export const mappingVersion = (definition: ExportDefinition): string => {
  const { matching, customProperties, consent, onEmpty, marker, markerPrefix, sendWelcomeMessage } =
    definition;
  return digest(
    { formatVersion, matching, customProperties, consent, onEmpty, marker, markerPrefix, sendWelcomeMessage },
    12,
  );
};

/** 16 hex characters that change when anything that Omnisend is told changes. `version` is a `mappingVersion`. */
export const fingerprintOf = (contact: Contact, markers: readonly string[], version: string): string =>
  digest([version, markers.toSorted(), contact], 16);

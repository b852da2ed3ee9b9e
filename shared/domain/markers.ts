import { z } from 'zod';
import type { ConfigurationFault } from './answers.ts';
import { type ExportDefinition, segmentName } from './definition.ts';
import { exportId } from './ids.ts';

/** Whose a marker's name is, within one brand. */
export const markerOwner = z.object({ export: exportId, segment: segmentName });
export type MarkerOwner = z.infer<typeof markerOwner>;

/**
 * Omnisend's limit for the name of a custom property, and what its own plugin lets through as a tag
 * (`[A-Za-z0-9_\- ]{1,128}`; https://github.com/omnisend/wp-omnisend). Prefix and segment allow no other characters.
 */
const maxNameLength = 128;

/** The membership markers' names, aligned with the definition's segments; none where the export makes no markers. */
export const markerNames = (
  definition: Pick<ExportDefinition, 'marker' | 'markerPrefix' | 'segments'>,
): readonly string[] =>
  definition.marker === 'none' ? [] : definition.segments.map((name) => `${definition.markerPrefix}${name}`);

/** The same names as they are made now: what Omnisend has of the other kind is taken back. */
export const madeMarkers = (
  definition: Pick<ExportDefinition, 'marker' | 'markerPrefix' | 'segments'>,
): { readonly properties: readonly string[]; readonly tags: readonly string[] } => {
  const names = markerNames(definition);
  switch (definition.marker) {
    case 'property':
      return { properties: names, tags: [] };
    case 'tag':
      return { properties: [], tags: names };
    case 'none':
      return { properties: [], tags: [] };
  }
};

/** Names that Omnisend would not take, or that another property of the same export has already. */
export const markerFaults = (definition: ExportDefinition): ConfigurationFault[] =>
  markerNames(definition).flatMap((name, position) => {
    const field = `segments[${position}]`;
    if (name.length > maxNameLength)
      return [
        {
          field,
          message: `The membership marker "${name}" has ${name.length} characters; Omnisend allows ${maxNameLength}.`,
          remedy: 'Choose a shorter "markerPrefix".',
        },
      ];
    if (definition.marker === 'property' && Object.hasOwn(definition.customProperties, name))
      return [
        {
          field,
          message: `The membership marker "${name}" has the name of a custom property of this export.`,
          remedy: 'Choose another "markerPrefix", or rename the custom property.',
        },
      ];
    return [];
  });

import { z } from 'zod';
import type { ConfigurationFault } from './answers.ts';
import { type ExportDefinition, segmentName } from './definition.ts';
import { exportId } from './ids.ts';

/** Whose a marker's name is, within one brand. */
export const markerOwner = z.object({ export: exportId, segment: segmentName });
export type MarkerOwner = z.infer<typeof markerOwner>;

/** Omnisend's limit for the name of a custom property. */
const maxNameLength = 128;

/** The membership markers' names, aligned with the definition's segments; none where the export makes no markers. */
export const markerNames = (
  definition: Pick<ExportDefinition, 'marker' | 'markerPrefix' | 'segments'>,
): readonly string[] =>
  definition.marker === 'none' ? [] : definition.segments.map((name) => `${definition.markerPrefix}${name}`);

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
    if (Object.hasOwn(definition.customProperties, name))
      return [
        {
          field,
          message: `The membership marker "${name}" has the name of a custom property of this export.`,
          remedy: 'Choose another "markerPrefix", or rename the custom property.',
        },
      ];
    return [];
  });

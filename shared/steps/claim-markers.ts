import type { ConfigurationFault } from '../domain/answers.ts';
import type { ExportDefinition } from '../domain/definition.ts';
import type { BrandId } from '../domain/ids.ts';
import { type MarkerOwner, markerNames } from '../domain/markers.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';

/**
 * A marker's name belongs to one (export, segment) of a brand, else two exports would overwrite each other's markers.
 * Claims the names of this export; every one that is another's is a fault that names its owner.
 */
export async function claimMarkers(
  ports: Ports,
  definition: ExportDefinition,
  brand: BrandId,
): Promise<readonly ConfigurationFault[]> {
  const faults: ConfigurationFault[] = [];
  for (const [position, name] of markerNames(definition).entries()) {
    const claim: MarkerOwner = { export: definition.id, segment: definition.segments[position] ?? '' };
    const row = await changeRow<MarkerOwner>(ports.store.markers, at.marker(brand, name), (stored) =>
      stored === undefined ? claim : undefined,
    );
    const owner = row?.value ?? claim;
    if (owner.export === claim.export && owner.segment === claim.segment) continue;
    faults.push({
      field: `segments[${position}]`,
      message: `The membership marker "${name}" belongs to segment ${owner.segment} of the export ${owner.export}.`,
      remedy: 'Choose another "markerPrefix" for this export.',
    });
  }
  return faults;
}

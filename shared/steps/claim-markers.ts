import type { ConfigurationFault } from '../domain/answers.ts';
import type { ExportDefinition } from '../domain/definition.ts';
import type { BrandId } from '../domain/ids.ts';
import { type MarkerOwner, markerNames } from '../domain/markers.ts';
import type { Run } from '../domain/run.ts';
import type { Ports } from '../ports/ports.ts';
import type { RowAddress } from '../ports/rows.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';

type OwnerOf = (address: RowAddress, claim: MarkerOwner) => Promise<MarkerOwner>;

/**
 * A marker's name belongs to one (export, segment) of a brand, else two exports would overwrite each other's markers.
 * Claims the names of this export; every one that is another's is a fault that names its owner.
 */
export const claimMarkers = (
  ports: Ports,
  definition: ExportDefinition,
  brand: BrandId,
): Promise<readonly ConfigurationFault[]> =>
  clashes(definition, brand, async (address, claim) => {
    const row = await changeRow<MarkerOwner>(ports.store.markers, address, (stored) =>
      stored === undefined ? claim : undefined,
    );
    return row?.value ?? claim;
  });

/** The same faults, with nothing claimed. */
export const findClashes = (
  ports: Ports,
  definition: ExportDefinition,
  brand: BrandId,
): Promise<readonly ConfigurationFault[]> =>
  clashes(
    definition,
    brand,
    async (address, claim) => (await ports.store.markers.get(address))?.value ?? claim,
  );

async function clashes(
  definition: ExportDefinition,
  brand: BrandId,
  ownerOf: OwnerOf,
): Promise<readonly ConfigurationFault[]> {
  const faults: ConfigurationFault[] = [];
  for (const [position, name] of markerNames(definition).entries()) {
    const claim: MarkerOwner = { export: definition.id, segment: definition.segments[position] ?? '' };
    const owner = await ownerOf(at.marker(brand, name), claim);
    if (owner.export === claim.export && owner.segment === claim.segment) continue;
    faults.push({
      field: `segments[${position}]`,
      message: `The membership marker "${name}" belongs to segment ${owner.segment} of the export ${owner.export}.`,
      remedy: 'Choose another "markerPrefix" for this export.',
    });
  }
  return faults;
}

/** Names that the export makes no more and no contact has set any more are anybody's again. `set`: those that may be. */
export async function freeMarkers(
  ports: Ports,
  { definition, brand }: Pick<Run, 'definition' | 'brand'>,
  set: readonly string[],
): Promise<void> {
  if (brand === null) return;
  const kept = [...markerNames(definition), ...set];
  for (const row of await ports.store.markers.list(brand.id)) {
    if (row.value.export === definition.id && !kept.includes(row.key)) await ports.store.markers.remove(row);
  }
}

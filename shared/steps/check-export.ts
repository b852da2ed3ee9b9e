import type { ConfigurationFault } from '../domain/answers.ts';
import type { ExportId } from '../domain/ids.ts';
import { markerFaults } from '../domain/markers.ts';
import { placeFault } from '../domain/place-fault.ts';
import { scheduleFaults } from '../domain/schedule.ts';
import type { Ports } from '../ports/ports.ts';
import type { SourceFault } from '../ports/source.ts';
import { at } from './addresses.ts';
import { findClashes } from './claim-markers.ts';
import { questionOf } from './load.ts';

export type CheckedExport =
  | { readonly kind: 'checked'; readonly faults: readonly ConfigurationFault[]; readonly slices: number }
  | { readonly kind: 'unknown-export' }
  /** The source gave no usable answer. */
  | Exclude<SourceFault, { readonly kind: 'configuration' }>;

/** Everything that a run would find wrong with a definition before it reads, at once. Nothing is run or stored. */
export async function checkExport(ports: Ports, id: ExportId): Promise<CheckedExport> {
  const definition = (await ports.store.exports.get(at.export(id)))?.value.definition;
  if (definition === undefined) return { kind: 'unknown-export' };
  // Known once a run has gone to it.
  const brand = (await ports.store.states.get(at.state(id)))?.value.brand ?? null;
  const own = [
    ...markerFaults(definition),
    ...scheduleFaults(definition.schedule),
    ...(brand === null ? [] : await findClashes(ports, definition, brand)),
  ];
  const division = await ports.source.divide(questionOf({ definition }));
  switch (division.kind) {
    case 'ok':
      return { kind: 'checked', faults: own, slices: division.value.length };
    case 'configuration':
      return {
        kind: 'checked',
        faults: [...own, ...division.faults.map((fault) => placeFault(definition, fault))],
        slices: 0,
      };
    default:
      return division;
  }
}

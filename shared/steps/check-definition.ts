import type { ConfigurationFault } from '../domain/answers.ts';
import type { ExportDefinition } from '../domain/definition.ts';
import {
  columnWarnings,
  type DefinitionWarning,
  scheduleWarnings,
  segmentWarnings,
} from '../domain/definition-warnings.ts';
import type { BrandId } from '../domain/ids.ts';
import { markerFaults, markerNames } from '../domain/markers.ts';
import { placeFault } from '../domain/place-fault.ts';
import type { ReadDefinition } from '../domain/read-definition.ts';
import type { SavedExport } from '../domain/saved.ts';
import { scheduleFaults } from '../domain/schedule.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { findClashes } from './claim-markers.ts';
import { questionOf } from './load.ts';

export interface CheckedDefinition {
  readonly faults: readonly ConfigurationFault[];
  readonly warnings: readonly DefinitionWarning[];
}

/** All that can be found wrong with a definition before anything is run. Parts that are broken are not looked at. */
export async function checkDefinition(
  ports: Ports,
  { definition, broken }: Pick<ReadDefinition, 'definition' | 'broken'>,
): Promise<CheckedDefinition> {
  const holds = (...parts: readonly (keyof ExportDefinition)[]): boolean =>
    !parts.some((part) => broken.has(part));
  const around = await lookAround(ports, definition);
  const source = holds('segments', 'matching') ? await askSource(ports, definition) : nothing;
  return {
    faults: [
      ...(holds('connection') && !around.isConnected ? [noConnection(definition)] : []),
      ...(holds('schedule') ? scheduleFaults(definition.schedule) : []),
      ...(holds('segments', 'marker', 'markerPrefix') ? await markersOf(ports, definition, around) : []),
      ...source.faults,
    ],
    warnings: [...source.warnings, ...(await localWarnings(ports, definition, around))],
  };
}

/** What a person should know of a saved definition. */
export async function findWarnings(
  ports: Ports,
  definition: ExportDefinition,
): Promise<readonly DefinitionWarning[]> {
  const around = await lookAround(ports, definition);
  return [...(await sizesOf(ports, definition)), ...(await localWarnings(ports, definition, around))];
}

interface Around {
  /** The connection is there, and nobody is removing it. */
  readonly isConnected: boolean;
  /** The brand that the connection opens, as far as runs have shown it. */
  readonly brand: BrandId | null;
  /** The brand that this export's own runs went to. */
  readonly formerBrand: BrandId | null;
  /** Other exports that go to the same brand. */
  readonly others: readonly ExportDefinition[];
}

async function lookAround({ store }: Ports, definition: ExportDefinition): Promise<Around> {
  const { id, connection } = definition;
  const [connected, exports, states] = await Promise.all([
    store.connections.get(at.connection(connection)),
    store.exports.list('exports'),
    store.states.list('exports'),
  ]);
  const brands = new Map(states.map(({ key, value }) => [key, value.brand]));
  const attached = exports.map(({ value }) => value).filter((one) => !one.isDetached && !one.removing);
  const sharesConnection = (one: SavedExport): boolean => one.definition.connection === connection;
  const own = attached.find((one) => one.definition.id === id);
  const brand =
    [...(own === undefined ? [] : [own]), ...attached]
      .filter(sharesConnection)
      .map((one) => brands.get(one.definition.id) ?? null)
      .find((one) => one !== null) ?? null;
  return {
    isConnected: connected !== undefined && connected.value.removing === undefined,
    brand,
    formerBrand: brands.get(id) ?? null,
    others: attached
      .filter((one) => one.definition.id !== id)
      .filter((one) => sharesConnection(one) || (brand !== null && brands.get(one.definition.id) === brand))
      .map((one) => one.definition),
  };
}

const noConnection = ({ connection }: ExportDefinition): ConfigurationFault => ({
  field: 'connection',
  message: `There is no connection ${connection}.`,
  remedy: 'Make it first, or name another: GET /api/connections lists them.',
});

/** Names that Omnisend would not take, that are claimed already, or that another definition of the brand has too. */
async function markersOf(
  ports: Ports,
  definition: ExportDefinition,
  { brand, others }: Around,
): Promise<readonly ConfigurationFault[]> {
  const claimed = brand === null ? [] : await findClashes(ports, definition, brand);
  const names = markerNames(definition);
  const shared = others.flatMap((other) =>
    markerNames(other).flatMap((name, theirs) => {
      const ours = names.indexOf(name);
      const field = `segments[${ours}]`;
      return ours === -1 || claimed.some((fault) => fault.field === field)
        ? []
        : [
            {
              field,
              message: `The membership marker "${name}" belongs to segment ${other.segments[theirs]} of the export ${other.id}.`,
              remedy: 'Choose another "markerPrefix" for this export.',
            },
          ];
    }),
  );
  return [...markerFaults(definition), ...claimed, ...shared];
}

const nothing: CheckedDefinition = { faults: [], warnings: [] };

/** A source that does not answer keeps nobody from saving: each run asks it again. */
const notChecked: DefinitionWarning = {
  field: 'segments',
  message: 'The source gave no usable answer: whether it has these segments and columns is not checked.',
  remedy: 'Check the export later: GET /api/exports/EXPORT/check.',
};

async function askSource(ports: Ports, definition: ExportDefinition): Promise<CheckedDefinition> {
  const division = await ports.source.divide(questionOf({ definition }));
  switch (division.kind) {
    case 'ok':
      return { faults: [], warnings: await sizesOf(ports, definition) };
    case 'configuration':
      return { faults: division.faults.map((fault) => placeFault(definition, fault)), warnings: [] };
    case 'throttled':
    case 'transient':
    case 'link-dead':
      return { faults: [], warnings: [notChecked] };
  }
}

async function sizesOf(ports: Ports, definition: ExportDefinition): Promise<readonly DefinitionWarning[]> {
  const listed = await ports.source.segments();
  return listed.kind === 'ok' ? segmentWarnings(definition, listed.value) : [notSized];
}

const notSized: DefinitionWarning = {
  field: 'segments',
  message: 'The source gave no usable answer: how large the segments are is not known.',
  remedy: 'Look later: GET /api/source/segments.',
};

async function localWarnings(
  ports: Ports,
  definition: ExportDefinition,
  { brand, formerBrand, others }: Around,
): Promise<readonly DefinitionWarning[]> {
  const refresh = (await ports.store.schedule.get(at.refresh))?.value.definition ?? null;
  return [
    ...(brand !== null && formerBrand !== null && formerBrand !== brand
      ? [otherBrand(definition, formerBrand, brand)]
      : []),
    ...columnWarnings(definition, others),
    ...scheduleWarnings(definition, refresh),
  ];
}

const otherBrand = ({ id }: ExportDefinition, former: BrandId, now: BrandId): DefinitionWarning => ({
  field: 'connection',
  message: `The export went to the brand ${former} before; this connection opens ${now}, where it begins anew.`,
  remedy: `Run it once with {"confirmBrand": "${now}"}: POST /api/exports/${id}/run.`,
});

import type { ConfigurationFault } from './answers.ts';
import { type ExportDefinition, optionalFields, type RefreshSchedule } from './definition.ts';

/** What a person should know of a definition that can be saved and run as it is. */
export type DefinitionWarning = ConfigurationFault;

/** As the source lists it. */
export interface ListedSegment {
  readonly name: string;
  readonly members: number | null;
  readonly warning?: string;
}

/** Omnisend's built-in counterpart ends here too; beyond it a run takes more than half an hour. */
const manyMembers = 1_000_000;

/** Segments that are too large together, and what the source itself warns of. */
export const segmentWarnings = (
  { segments, guards }: Pick<ExportDefinition, 'segments' | 'guards'>,
  listed: readonly ListedSegment[],
): readonly DefinitionWarning[] => {
  const chosen = segments.map((name, position) => ({
    field: `segments[${position}]`,
    name,
    info: listed.find((one) => one.name === name),
  }));
  const members = chosen.reduce((sum, { info }) => sum + (info?.members ?? 0), 0);
  const most = Math.min(guards.maxMembers, manyMembers);
  return [
    ...(members > most
      ? [
          {
            field: 'segments',
            message: `The segments have ${members} members together, those in several counted each time: more than ${most}.`,
            remedy:
              members > guards.maxMembers
                ? 'Raise "guards.maxMembers", or the run may be held; or split the segments over several exports.'
                : 'Expect a first run of about half an hour per million, or split the segments over several exports.',
          },
        ]
      : []),
    ...chosen.flatMap(({ field, name, info }) =>
      info?.warning === undefined
        ? []
        : [
            {
              field,
              message: `${name}: ${info.warning}`,
              remedy:
                'Look at the segment in Customer Insights; "Disable auto cleanup" there keeps it active.',
            },
          ],
    ),
  ];
};

/** Contact fields, custom properties and the consent that an export fills, with their columns. */
const columnsByField = ({
  matching,
  customProperties,
  consent,
}: ExportDefinition): ReadonlyMap<string, string> =>
  new Map([
    ...optionalFields.flatMap((field): [string, string][] => {
      const column = matching[field];
      return column === undefined ? [] : [[`matching.${field}`, column]];
    }),
    ...Object.entries(customProperties).map(([name, { from }]): [string, string] => [
      `customProperties.${name}`,
      from,
    ]),
    ...(consent === undefined ? [] : [['consent.status', consent.status] as const]),
  ]);

/** Fields that two exports of one brand fill from different columns: whichever runs later overwrites the other's. */
export const columnWarnings = (
  definition: ExportDefinition,
  others: readonly ExportDefinition[],
): readonly DefinitionWarning[] => {
  const own = columnsByField(definition);
  return others.flatMap((other) =>
    [...columnsByField(other)].flatMap(([field, theirs]) => {
      const ours = own.get(field);
      return ours === undefined || ours.toLowerCase() === theirs.toLowerCase()
        ? []
        : [
            {
              field,
              message: `The export ${other.id} fills it from ${theirs}, this one from ${ours}: in the same brand each would overwrite the other's values.`,
              remedy: 'Match the same column in both, or leave the field out of one.',
            },
          ];
    }),
  );
};

export const scheduleWarnings = (
  { schedule }: Pick<ExportDefinition, 'schedule'>,
  refresh: RefreshSchedule | null,
): readonly DefinitionWarning[] =>
  schedule === 'refresh' && refresh === null
    ? [
        {
          field: 'schedule',
          message: 'It runs with the scheduled refresh, which is not set, so it runs on demand only.',
          remedy: 'Set the refresh with PUT /api/schedule, or give the export a schedule of its own.',
        },
      ]
    : [];

import type { ConfigurationFault } from './answers.ts';
import type { ExportDefinition } from './definition.ts';

/** A source names the segment or column that it lacks; whoever saves looks for its place in the definition. */
export const placeFault = (
  { segments, matching, customProperties, consent }: ExportDefinition,
  fault: ConfigurationFault,
): ConfigurationFault => {
  const places: (readonly [place: string, name: string | undefined])[] = [
    ...segments.map((name, position) => [`segments[${position}]`, name] as const),
    ...Object.entries(matching).map(([field, column]) => [`matching.${field}`, column] as const),
    ...Object.entries(customProperties).map(
      ([name, { from }]) => [`customProperties.${name}.from`, from] as const,
    ),
    ['consent.status', consent?.status],
    ['consent.changedAt', consent?.changedAt],
  ];
  const [field] = places.find(([, name]) => name === fault.field) ?? [fault.field];
  return { ...fault, field };
};

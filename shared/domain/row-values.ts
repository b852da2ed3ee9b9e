import type { Contact, Profile } from './contact.ts';
import { type ExportDefinition, optionalFields } from './definition.ts';
import type { CustomerId, KeyHash } from './ids.ts';

/** Values by the names that lists of rows have for fields: `email`, `phone`, `customProperties.tier`, `consent`. */
export type RowValues = Readonly<Record<string, string>>;

/** Values that did not hold, as they lie in the spool. */
export interface SpooledValues {
  readonly id: CustomerId;
  /** Absent where the address gives none. */
  readonly key?: KeyHash;
  readonly values: RowValues;
}

/** A value of the source may be of any length. */
const maxLength = 200;

const textOf = (value: unknown): string | undefined => {
  if (value === undefined || value === null) return undefined;
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
};

const present = (entries: readonly (readonly [string, string | undefined])[]): RowValues =>
  Object.fromEntries(entries.flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])));

/** Which columns of the profile feed each field. */
const columnsByField = ({
  matching,
  customProperties,
  consent,
}: ExportDefinition): readonly (readonly [field: string, columns: readonly string[]])[] => [
  ['email', [matching.email]],
  ...optionalFields.flatMap((field) => {
    const column = matching[field];
    return column === undefined ? [] : [[field, [column]] as const];
  }),
  ...Object.entries(customProperties).map(
    ([name, { from }]) => [`customProperties.${name}`, [from]] as const,
  ),
  ...(consent === undefined ? [] : [['consent', [consent.status, consent.changedAt]] as const]),
];

/** The fields whose values a row can show, in their order. */
export const valueFields = (definition: ExportDefinition): readonly string[] =>
  columnsByField(definition).map(([field]) => field);

/** As the source gives them; `fields`: those that are wanted, else all. */
export const valuesOfProfile = (
  { values }: Pick<Profile, 'values'>,
  definition: ExportDefinition,
  fields?: ReadonlySet<string>,
): RowValues =>
  present(
    columnsByField(definition)
      .filter(([field]) => fields === undefined || fields.has(field))
      .map(([field, columns]) => {
        const texts = columns.flatMap(
          (column) => (Object.hasOwn(values, column) ? textOf(values[column]) : undefined) ?? [],
        );
        return [field, texts.length === 0 ? undefined : texts.join(' ')];
      }),
  );

/** As Omnisend was told them. */
export const valuesOfContact = (contact: Contact, definition: ExportDefinition): RowValues => {
  const { email, properties, consent, country, countryCode } = contact;
  return present([
    ['email', email],
    ...optionalFields.map(
      (field) => [field, textOf(field === 'country' ? (country ?? countryCode) : contact[field])] as const,
    ),
    ...Object.keys(definition.customProperties).map(
      (name) => [`customProperties.${name}`, textOf(properties?.[name])] as const,
    ),
    ['consent', consent && `${consent.status} ${consent.at}`],
  ]);
};

import type { z } from 'zod';
import type { ConfigurationFault } from './answers.ts';
import { type ExportDefinition, exportDefinition } from './definition.ts';
import type { ExportId } from './ids.ts';

/** As it is sent: its id is in the address already. */
export const exportBody = exportDefinition.partial({ id: true });

export type DefinitionPart = keyof ExportDefinition;

export interface ReadDefinition {
  /** Where parts are broken, something stands in for them, so that the others can be looked at all the same. */
  readonly definition: ExportDefinition;
  readonly broken: ReadonlySet<string>;
  /** Of its form. None: the definition is as it was sent. */
  readonly faults: readonly ConfigurationFault[];
}

/** Reads what somebody sent as the definition of this export, and tells every fault of its form. */
export const readDefinition = (id: ExportId, body: unknown): ReadDefinition => {
  const parsed = exportBody.safeParse(body);
  if (parsed.success && (parsed.data.id ?? id) === id) {
    return { definition: { ...parsed.data, id }, broken: new Set(), faults: [] };
  }
  const faults = parsed.success ? [otherId] : parsed.error.issues.map(faultOf);
  const isObject = isRecord(body);
  const broken = new Set<string>(
    isObject ? faults.map(({ field }) => field.replace(/[.[].*$/, '')) : Object.keys(standIns),
  );
  const sound = Object.fromEntries(
    Object.entries(isObject ? body : {}).filter(
      ([part]) => Object.hasOwn(exportBody.shape, part) && !broken.has(part),
    ),
  );
  // What is broken falls back to its default; what has none is stood in for.
  return { definition: exportDefinition.parse({ ...standIns, ...sound, id }), broken, faults };
};

const standIns = {
  displayName: 'broken',
  connection: 'broken',
  segments: ['broken'],
  matching: { email: 'broken' },
} as const satisfies z.input<typeof exportBody>;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const otherId: ConfigurationFault = {
  field: 'id',
  message: 'It is not the id in the address.',
  remedy: 'Send the same id, or none.',
};

const remedies: Readonly<Record<DefinitionPart, string>> = {
  id: 'Send the id that is in the address, or none.',
  displayName: 'Give a name of 1 to 100 characters.',
  connection: 'Name a connection: GET /api/connections lists them.',
  segments: 'Name 1 to 50 segments by their output table names: GET /api/source/segments lists them.',
  matching:
    'Give {"email": "<column>"} and the columns of other fields by their names: GET /api/source/columns lists them.',
  customProperties:
    'Give each property as {"from": "<column>", "type": "string" | "number" | "boolean" | "date"}.',
  consent: 'Give {"status": "<column>", "changedAt": "<column>"}, and the values that mean a status.',
  onEmpty: 'Send "omit" or "clear".',
  marker: 'Send "property", "tag" or "none".',
  markerPrefix: 'Give 1 to 40 letters, digits and "_".',
  onLeave: 'Send "mark" or "keep".',
  schedule: 'Send "refresh", "off", or {"cron": "0 6 * * *", "timeZone": "Europe/Vilnius"}.',
  sendWelcomeMessage: 'Send true or false.',
  guards: 'Give shares from 0 to 1, and whole numbers of contacts.',
};

/** Zod's own words would repeat a name that the sender chose, and with it whatever was pasted there. */
const faultOf = ({ code, path, message }: z.core.$ZodIssue): ConfigurationFault => {
  const [part] = path;
  const known = partOf(part);
  const isUnknown = code === 'unrecognized_keys';
  return {
    field: known === undefined ? 'body' : fieldOf(path),
    message: isUnknown ? 'It has a member of another name than those known.' : `${message}.`,
    remedy: known === undefined ? 'Send the definition as a JSON object.' : remedies[known],
  };
};

const partOf = (name: PropertyKey | undefined): DefinitionPart | undefined =>
  Object.keys(remedies).find((part): part is DefinitionPart => part === name);

/** `matching.email`, `segments[3]`; the name of a custom property is the sender's own, and left out. */
const fieldOf = ([part, ...rest]: readonly PropertyKey[]): string =>
  part === 'customProperties'
    ? part
    : `${String(part)}${rest.map((one) => (typeof one === 'number' ? `[${one}]` : `.${String(one)}`)).join('')}`;

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ConfigurationFault } from '../../shared/domain/answers.ts';
import { connectionDefinition, exportDefinition, refreshSchedule } from '../../shared/domain/definition.ts';
import { refreshFaults, scheduleFaults } from '../../shared/domain/schedule.ts';

/** A document as it lies in a folder. */
export interface DefinitionFile {
  /** From the folder: `exports/newsletter.json`, `schedule.json`. */
  readonly path: string;
  /** Of the API: `exports/newsletter`, `schedule`. */
  readonly address: string;
  readonly content: unknown;
}

export const filesIn = async (folder: string): Promise<readonly DefinitionFile[]> => {
  const inFolder = await readdir(join(folder, 'exports')).catch(() => []);
  const exports = inFolder.filter((name) => name.endsWith('.json')).sort();
  const paths = [...exports.map((name) => `exports/${name}`), 'schedule.json'];
  const found = await Promise.all(
    paths.map(async (path) => {
      const text = await readFile(join(folder, path), 'utf8').catch(() => null);
      return text === null ? [] : [{ path, address: path.replace(/\.json$/, ''), content: parsed(text) }];
    }),
  );
  return found.flat();
};

/** What is no JSON is `undefined`, which no schema takes. */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export const writeDefinition = async (folder: string, path: string, content: unknown): Promise<void> => {
  const file = join(folder, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
};

const schemas = {
  'export.schema.json': exportDefinition,
  'connection.schema.json': connectionDefinition,
  'schedule.schema.json': refreshSchedule,
} as const;

/** For editors and pipelines: https://json-schema.org. They are made from what the app itself checks with. */
export const writeSchemas = async (folder: string): Promise<readonly string[]> => {
  const names = Object.entries(schemas);
  for (const [name, schema] of names) {
    await writeDefinition(folder, name, z.toJSONSchema(schema, { io: 'input' }));
  }
  return names.map(([name]) => name);
};

const sparse = z.looseObject({ id: z.string().optional(), $schema: z.string().optional() });

/** Faults that need no app to be found. */
export const localFaults = ({ path, address, content }: DefinitionFile): readonly string[] => {
  if (content === undefined) return ['It is no JSON.'];
  const isSchedule = address === 'schedule';
  const id = isSchedule ? undefined : sparse.safeParse(content).data?.id;
  const isMisplaced = id !== undefined && path !== `exports/${id}.json`;
  const body = bodyOf(content);
  return [
    ...(isMisplaced ? [`id: The file of the export ${id} has another name.`] : []),
    ...(isSchedule ? refreshFaultsOf(body) : exportFaultsOf(body)),
  ];
};

const refreshFaultsOf = (body: unknown): readonly string[] => {
  const { data, error } = refreshSchedule.safeParse(body);
  return data === undefined ? formFaults(error) : refreshFaults(data).map(lineOf);
};

const exportFaultsOf = (body: unknown): readonly string[] => {
  const { data, error } = exportDefinition.safeParse(body);
  return data === undefined ? formFaults(error) : scheduleFaults(data.schedule).map(lineOf);
};

const formFaults = (error: z.ZodError): readonly string[] =>
  error.issues.map(({ path, message }) => `${path.join('.') || 'document'}: ${message}`);

const lineOf = ({ field, message, remedy }: ConfigurationFault): string => `${field}: ${message} ${remedy}`;

/** What is sent of a file: an editor's pointer to its schema stays. */
export const bodyOf = (content: unknown): unknown => {
  const document = sparse.safeParse(content);
  if (!document.success) return content;
  const { $schema, ...body } = document.data;
  return body;
};

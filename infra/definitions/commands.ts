import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { exportDefinition, refreshSchedule } from '../../shared/domain/definition.ts';
import { type Api, type ApiAnswer, complaintsOf, openApi } from './api.ts';
import {
  bodyOf,
  type DefinitionFile,
  filesIn,
  localFaults,
  writeDefinition,
  writeSchemas,
} from './folder.ts';

export interface Command {
  readonly command: string;
  readonly folder: string;
  readonly url: string | undefined;
}

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly print: (line: string) => void;
  readonly fail: (line: string) => void;
}

export const usage = `npm run definitions -- COMMAND DIR [--url https://APP.azurewebsites.net]
  schema    writes the JSON Schema files of the definitions into DIR
  validate  checks DIR/exports/*.json and DIR/schedule.json; with --url by the app too, with all that it knows
  apply     makes and edits exports and the refresh schedule as the files say; removes nothing, runs nothing
  export    writes the files
Set EXPORT_API_TOKEN or EXPORT_API_KEY.`;

/** The exit code: 0, 1 where a file has faults or could not be applied, 2 where the command is wrong. */
export const run = async ({ command, folder, url }: Command, around: Surroundings): Promise<number> => {
  const { print, fail, environment } = around;
  const isKnown = ['schema', 'validate', 'apply', 'export'].includes(command);
  if (!isKnown || folder === '') {
    fail(usage);
    return 2;
  }
  if (command === 'schema') {
    for (const name of await writeSchemas(folder)) print(`${name} written`);
    return 0;
  }
  if (command === 'validate' && url === undefined) return validate(folder, null, around);
  const opened = openApi(url, environment);
  if (opened.kind === 'wrong') {
    fail(opened.reason);
    return 2;
  }
  if (command === 'export') return exportTo(folder, opened.api, around);
  const code = await validate(folder, opened.api, around);
  return command === 'apply' && code === 0 ? apply(folder, opened.api, around) : code;
};

/** Nothing is changed. So that a fault in one file keeps the others back too, `apply` does this first. */
const validate = async (folder: string, api: Api | null, { print, fail }: Surroundings): Promise<number> => {
  const files = await filesIn(folder);
  let faults = files.length === 0 ? 1 : 0;
  if (files.length === 0) fail(`There is neither exports/*.json nor schedule.json in ${folder}.`);
  for (const file of files) {
    const own = localFaults(file);
    const found = own.length > 0 || api === null ? { faults: own, warnings: [] } : await checkedBy(api, file);
    for (const line of found.faults) fail(`${file.path}: ${line}`);
    for (const line of found.warnings) print(`${file.path}: warning: ${line}`);
    faults += found.faults.length;
  }
  if (faults === 0) print(`${files.length} files, no fault`);
  return faults === 0 ? 0 : 1;
};

const warned = z.looseObject({
  warnings: z.array(z.object({ field: z.string(), message: z.string(), remedy: z.string() })).default([]),
});

interface Found {
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

const checkedBy = async (api: Api, file: DefinitionFile): Promise<Found> => {
  if (file.address === 'schedule') return { faults: [], warnings: [] };
  const answer = await api('PUT', `${file.address}?check=true`, { body: bodyOf(file.content) });
  if (answer.status >= 300) return { faults: complaintsOf(answer), warnings: [] };
  const { warnings } = warned.parse(answer.json);
  return { faults: [], warnings: warnings.map((one) => `${one.field}: ${one.message} ${one.remedy}`) };
};

const shownDefinition = z.looseObject({ definition: z.unknown() });

/** The schedule first, as exports refer to it. What is not in the folder stays as it is. */
const apply = async (folder: string, api: Api, { print, fail }: Surroundings): Promise<number> => {
  let failed = 0;
  for (const file of (await filesIn(folder)).toReversed()) {
    const stored = await api('GET', readAddress(file.address));
    if (stored.status !== 200 && stored.status !== 404) {
      for (const line of complaintsOf(stored)) fail(`${file.path}: ${line}`);
      failed += 1;
      continue;
    }
    if (stored.status === 200 && isSame(file, stored)) {
      print(`${file.path}: unchanged`);
      continue;
    }
    const headers: Record<string, string> =
      stored.etag === null ? { 'if-none-match': '*' } : { 'if-match': stored.etag };
    const answer = await api('PUT', file.address, { body: bodyOf(file.content), headers });
    if (answer.status < 300) {
      print(`${file.path}: ${answer.status === 201 ? 'created' : 'changed'}`);
      continue;
    }
    failed += 1;
    const lines =
      answer.status === 412 ? ['Somebody changed it at the same time. Apply again.'] : complaintsOf(answer);
    for (const line of lines) fail(`${file.path}: ${line}`);
  }
  return failed === 0 ? 0 : 1;
};

const readAddress = (address: string): string =>
  address === 'schedule' ? address : `${address}?warnings=false`;

/** With every default in its place. One that is detached is saved all the same: that attaches it. */
const isSame = ({ address, content }: DefinitionFile, stored: ApiAnswer): boolean => {
  const schema = address === 'schedule' ? refreshSchedule : exportDefinition;
  const id = address.replace(/^exports\//, '');
  const body = bodyOf(content);
  const wanted = schema.safeParse(address === 'schedule' ? body : { ...Object(body), id });
  const shown = z.looseObject({ definition: schema, state: z.string().optional() }).safeParse(stored.json);
  return (
    wanted.success &&
    shown.success &&
    shown.data.state !== 'detached' &&
    isDeepStrictEqual(wanted.data, shown.data.definition)
  );
};

const listed = z.looseObject({
  exports: z.array(z.looseObject({ id: z.string() })),
  next: z.string().nullable(),
});

const exportTo = async (folder: string, api: Api, { print, fail }: Surroundings): Promise<number> => {
  const save = async (address: string): Promise<number> => {
    const answer = await api('GET', readAddress(address));
    if (answer.status === 404) return 0;
    if (answer.status !== 200) {
      for (const line of complaintsOf(answer)) fail(`${address}: ${line}`);
      return 1;
    }
    await writeDefinition(folder, `${address}.json`, shownDefinition.parse(answer.json).definition);
    print(`${address}.json written`);
    return 0;
  };
  let failed = await save('schedule');
  for (let after: string | null = ''; after !== null; ) {
    const query: string = after === '' ? '' : `&after=${encodeURIComponent(after)}`;
    const answer: ApiAnswer = await api('GET', `exports?limit=100${query}`);
    const page = listed.safeParse(answer.json);
    if (answer.status !== 200 || !page.success) {
      for (const line of complaintsOf(answer)) fail(`exports: ${line}`);
      return 1;
    }
    for (const { id } of page.data.exports) failed += await save(`exports/${id}`);
    after = page.data.next;
  }
  return failed === 0 ? 0 : 1;
};

import { glob, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { consoleLog } from '../../shared/adapters/system/console-log.ts';
import { infraFolder, pathsIn, readBicep } from './bicep.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Which events the app logs, and the text of the fields of each. */
async function eventsOfApp(): Promise<ReadonlyMap<string, string>> {
  const events = new Map<string, string>();
  for await (const path of glob(join(root, 'shared/**/*.ts'))) {
    const text = await readFile(path, 'utf8');
    for (const [, name = '', fields = ''] of text.matchAll(
      /log\.(?:info|warn|error)\('([a-z-]+)', (\{[\s\S]*?\})\);/g,
    )) {
      events.set(name, `${events.get(name) ?? ''} ${fields}`);
    }
  }
  return events;
}
const events = await eventsOfApp();
/** A poisoned message is logged whole: its fields are those of the messages. */
const messageFields = 'step run brand slice lane epoch sequence';

const workbook = z
  .object({
    version: z.literal('Notebook/1.0'),
    items: z.array(
      z.object({
        type: z.int(),
        name: z.string(),
        content: z.looseObject({
          query: z.string().optional(),
          visualization: z.string().optional(),
          resourceType: z.string().optional(),
        }),
      }),
    ),
  })
  .parse(JSON.parse(await readFile(join(infraFolder, 'workbook.json'), 'utf8')));

const queries: readonly [name: string, query: string][] = [
  ...(await Promise.all(
    (
      await pathsIn(infraFolder, '.kql')
    ).map(async (path): Promise<[string, string]> => [basename(path), await readFile(path, 'utf8')]),
  )),
  ...workbook.items.flatMap(({ name, content }): [string, string][] =>
    content.query === undefined ? [] : [[`workbook: ${name}`, content.query]],
  ),
];

test('the events of the app are found in its code', () => {
  expect([...events.keys()]).toEqual(expect.arrayContaining(['run-ended', 'supervised', 'message-poisoned']));
});

test.each(queries.filter(([, query]) => query.includes('event')))(
  '%s asks for events and fields that the app logs',
  (_name, query) => {
    const asked = [
      ...query.matchAll(/"event":"([a-z-]+)"/g),
      ...query.matchAll(/'((?:run|source|supervision|message|poison)-[a-z]+)'/g),
    ];
    const names = asked.map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !events.has(name))).toEqual([]);
    const fields = names
      .map((name) => events.get(name))
      .join(' ')
      .replace('...message', messageFields);
    const used = [...query.matchAll(/\bevent\.(\w+)/g)].map(([, field = '']) => field);
    expect(used.filter((field) => field !== 'event' && !new RegExp(`\\b${field}\\b`).test(fields))).toEqual(
      [],
    );
  },
);

test('an event is a line that begins as the queries expect', () => {
  const lines: string[] = [];
  const { info } = console;
  console.info = (line: string) => lines.push(line);
  try {
    consoleLog.info('run-ended', { run: 'a', state: 'failed' });
  } finally {
    console.info = info;
  }
  expect(lines).toEqual(['{"event":"run-ended","run":"a","state":"failed"}']);
});

test('every event has its run, but those that are about none', () => {
  const withoutRun = [...events].filter(
    ([, fields]) => !/\brun\b/.test(fields.replace('...message', messageFields)),
  );
  expect(withoutRun.map(([name]) => name).sort()).toEqual([
    'address-erased',
    'address-forgotten',
    'connection-checked',
    'connection-removed',
    'connection-saved',
    'export-changed',
    'forgetting-lifted',
    'health-checked',
    'key-rotated',
    'message-unreadable',
    'notifications-changed',
    'old-removed',
    'poison-failed',
    'profile-previewed',
    'run-skipped',
    'schedule-changed',
    'supervised',
  ]);
});

test('the app speaks through its log alone, where the host counts it to the console', async () => {
  const speaking: string[] = [];
  for await (const path of glob(join(root, '{functions,shared}/**/*.ts'))) {
    if (/\b(console|context)\.(log|info|warn|error|debug|trace)\(/.test(await readFile(path, 'utf8')))
      speaking.push(relative(root, path));
  }
  // What nothing else has caught is said with the invocation that it happened in.
  expect(speaking.sort()).toEqual(['functions/at-the-edge.ts', 'shared/adapters/system/console-log.ts']);
});

const hostJson = z.object({
  logging: z.object({
    logLevel: z.record(z.string(), z.string()),
    applicationInsights: z.object({
      samplingSettings: z.object({ isEnabled: z.boolean(), excludedTypes: z.string() }),
    }),
  }),
});
const { logging } = hostJson.parse(JSON.parse(await readFile(join(root, 'host.json'), 'utf8')));

test('sampling leaves out what events, errors and calls are sent as', () => {
  const { isEnabled, excludedTypes } = logging.applicationInsights.samplingSettings;
  if (isEnabled)
    expect(excludedTypes.split(';')).toEqual(expect.arrayContaining(['Trace', 'Exception', 'Request']));
});

test.each([
  // https://learn.microsoft.com/azure/azure-functions/configure-monitoring#configure-categories
  ['Host.Function.Console', 'Information'],
  ['Host.Results', 'Information'],
  ['Function.settle', 'Warning'],
  ['Function.settle.User', 'Warning'],
])('what the host logs as %s is kept from %s on', (category, least) => {
  const levels = ['Trace', 'Debug', 'Information', 'Warning', 'Error', 'Critical', 'None'];
  const [closest = 'default'] = Object.keys(logging.logLevel)
    .filter((name) => category === name || category.startsWith(`${name}.`))
    .sort((a, b) => b.length - a.length);
  const level = levels.indexOf(logging.logLevel[closest] ?? '');
  expect(level).toBeGreaterThanOrEqual(0);
  expect(level).toBeLessThanOrEqual(levels.indexOf(least));
});

test('the four alerts are there, each with a query of its own, and all of them reach the action group', async () => {
  const { variables, text } = await readBicep(join(infraFolder, 'modules/alerts.bicep'));
  const rules = z.array(z.object({ name: z.string(), query: z.string() })).parse(variables.rules);
  expect(rules.map(({ name }) => name)).toEqual([
    'run-failed',
    'message-poisoned',
    'supervisor-silent',
    'no-successful-run',
  ]);
  for (const { name, query } of rules) expect(query).toContain(`loadTextContent('../alerts/${name}.kql')`);
  expect((await pathsIn(infraFolder, '.kql')).length).toBe(rules.length);
  expect(text).toContain('group.id');
});

test('the workbook shows runs, rows by outcome, use of the request budget, and durations as charts', () => {
  const charts = workbook.items.filter(({ content }) => /chart|bar/.test(content.visualization ?? ''));
  for (const about of [/^Runs by state/, /^Rows by outcome/, /^Duration/, /budget/]) {
    expect(charts.filter(({ name }) => about.test(name))).toHaveLength(1);
  }
});

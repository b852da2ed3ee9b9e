import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { contactOf, startForTest } from './caller.ts';
import { seedKeys } from './omnisend.ts';

let omnisend: Awaited<ReturnType<typeof startForTest>>;
beforeAll(async () => {
  omnisend = await startForTest({ requestsPerMinute: 100 });
});
afterAll(() => omnisend.close());

it('counts, logs, lists by address and begins again', async () => {
  await omnisend.call('POST', '/contacts', { body: contactOf('b@example.com') });
  await omnisend.postBatch([contactOf('a@example.com')]);
  await omnisend.call('GET', '/contacts?limit=0');
  await omnisend.postBatch([contactOf('c@example.com'), {}]);
  omnisend.clock.advance(3);

  const { json } = await omnisend.control('GET', '');
  const time = '2026-11-21T09:00:00.000Z';
  expect(json).toMatchObject({
    requestsPerMinute: 100,
    keys: seedKeys,
    brands: [
      {
        contacts: 3,
        batches: { pending: 0, inProgress: 0, finished: 2, stopped: 0 },
        requests: {
          total: 4,
          accepted: 3,
          refused: 1,
          byEndpoint: {
            'POST /contacts': { 201: 1 },
            'POST /batches': { 201: 2 },
            'GET /contacts': { 400: 1 },
          },
        },
        batchPosts: { first: time, last: time, requestsBetween: 3 },
        itemsByCode: { 201: 2, 400: 1 },
        maxInWindow: { all: 4, tags: 0 },
      },
      { contacts: 0, requests: { total: 0 } },
    ],
  });
  expect((await omnisend.contacts()).map((contact) => Object(contact).email)).toEqual(
    ['a', 'b', 'c'].map((name) => `${name}@example.com`),
  );
  const requests = await omnisend.control('GET', '/requests');
  expect(requests.json).toMatchObject([
    { method: 'POST', path: '/api/contacts', status: 201, time },
    { method: 'POST', path: '/api/batches', status: 201 },
    { method: 'GET', path: '/api/contacts?limit=0', status: 400 },
    { method: 'POST', path: '/api/batches', status: 201 },
  ]);

  await omnisend.control('POST', '/switches', { fieldPaths: 'brackets' });
  await omnisend.control('POST', '/reset');
  expect(await omnisend.contacts()).toEqual([]);
  const anew = await omnisend.control('GET', '');
  expect(anew.json).toMatchObject({
    switches: { fieldPaths: 'dotted' },
    brands: [{ requests: { total: 0 } }, {}],
  });
});

it('writes field paths with brackets where switched', async () => {
  await omnisend.control('POST', '/switches', { fieldPaths: 'brackets' });
  const { json } = await omnisend.call('POST', '/contacts', { body: contactOf('nobody') });
  expect(json).toMatchObject({ errors: [{ field: 'identifiers[0].id' }] });
});

it('refuses unknown switches, naming each, and changes none', async () => {
  const given = { origin: 'lost', colour: 'red', emptyTags: 'ignored' };
  const reply = await omnisend.send('POST', '/control/switches', {}, given);
  expect(reply.status).toBe(400);
  expect(Object(reply.json).faults).toHaveLength(2);
  expect((await omnisend.control('GET', '')).json).toMatchObject({ switches: { emptyTags: 'clear' } });
});

it('shows a page', async () => {
  const reply = await omnisend.control('GET', '/page');
  expect(reply.headers.get('content-type')).toContain('text/html');
  expect(reply.text).toContain('/control');
});

it.each([
  ['--speed', '0'],
  ['--batch-seconds', 'long'],
])('the program refuses %s %s', async (option, value) => {
  const program = spawn(process.execPath, [`${import.meta.dirname}/server.ts`, option, value]);
  expect(await once(program, 'exit')).toEqual([2, null]);
});

it('the program says in one line where it listens, and ends on SIGTERM', async () => {
  const program = spawn(process.execPath, [
    `${import.meta.dirname}/server.ts`,
    '--port',
    '0',
    '--speed',
    '10',
  ]);
  try {
    const lines: string[] = [];
    for await (const line of createInterface(program.stdout)) {
      lines.push(line);
      const { listening } = Object(JSON.parse(line));
      expect((await fetch(`${listening}/control`)).status).toBe(200);
      program.kill('SIGTERM');
    }
    expect(lines).toHaveLength(1);
    if (program.exitCode === null) await once(program, 'exit');
    expect(program.exitCode).toBe(0);
  } finally {
    program.kill('SIGKILL');
  }
});

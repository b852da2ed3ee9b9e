import { expect, test } from 'vitest';
import { compareRoutes, matchRoute, type ParsedRoute, parseRoute } from './routes.ts';

function route(template: string): ParsedRoute {
  const parsed = parseRoute(template);
  if (parsed.kind === 'fault') throw new Error(parsed.fault);
  return parsed.route;
}

const cases: readonly (readonly [template: string, path: string, params: object | undefined])[] = [
  ['api/exports', '/api/exports', {}],
  ['api/exports', '/API/Exports/', {}],
  ['api/exports', '/api/exports/1', undefined],
  ['api/exports/{id}', '/api/exports', undefined],
  ['api/exports/{id}', '/api/exports/a%20b', { id: 'a b' }],
  ['api/exports/{id}/runs/{run?}', '/api/exports/1/runs', { id: '1' }],
  ['api/exports/{id}/runs/{run?}', '/api/exports/1/runs/2', { id: '1', run: '2' }],
  [
    'api/{id:guid}',
    '/api/0f8fad5b-d9cb-469f-a165-70867728950e',
    { id: '0f8fad5b-d9cb-469f-a165-70867728950e' },
  ],
  ['api/{id:guid}', '/api/1', undefined],
  ['api/{*rest}', '/api', {}],
  ['api/{*rest}', '/api/a/b', { rest: 'a/b' }],
  ['', '/', {}],
];
test.each(cases)('%s on %s', (template, path, params) => {
  expect(matchRoute(route(template), path)).toEqual(params);
});

test('literals come before constraints, parameters and the rest', () => {
  const templates = ['a/{*rest}', 'a/{id}', 'a/{id:int}', 'a/b'];
  expect(
    templates
      .map(route)
      .sort(compareRoutes)
      .map(({ template }) => template),
  ).toEqual(templates.toReversed());
});

test.each(['a/{id:unheard}', 'a/x{id}', 'a/{'])('%s is a fault', (template) => {
  expect(parseRoute(template).kind).toBe('fault');
});

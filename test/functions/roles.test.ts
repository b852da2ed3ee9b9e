import { expect, test } from 'vitest';
import { type Offered, operations, specOf } from '../../functions/operations.ts';
import { roles } from '../../shared/domain/access.ts';
import { apiWorld, paramsOf, type TargetName, targets } from './api-world.ts';
import { expectDeclared } from './declared.ts';
import { expectedAccess } from './expected-access.ts';
import { principalWith, unknownPrincipals, withoutRole } from './principal.ts';

const world = await apiWorld();
const offered: readonly Offered[] = world.functions.map(({ name }) => name);
const hasTarget = (name: Offered): boolean => specOf(name).route.includes('{');

const requestFor = (name: Offered, target: TargetName, principal?: string) => {
  const { method, route, body } = specOf(name);
  return {
    method,
    path: `/${route}`,
    params: paramsOf(route, targets[target]),
    headers: principal === undefined ? {} : { 'x-ms-client-principal': principal },
    ...(body !== undefined && { body: '{}' }),
  };
};

test('every operation that is offered has a function, and the other way round', () => {
  const anonymous = ['health', 'openapi'];
  expect([...offered].sort()).toEqual(
    Object.keys(operations)
      .filter((name) => !anonymous.includes(name))
      .sort(),
  );
});

const cells = offered.flatMap((name) =>
  roles.flatMap((role) =>
    (hasTarget(name) ? (['shared', 'unshared', 'missing'] as const) : (['shared'] as const)).map((target) => {
      const cell = expectedAccess.find((one) => one.operation === name && one.role === role);
      return [name, role, target, cell?.extent] as const;
    }),
  ),
);

test.each(cells)('%s by a %s, %s: %s', async (name, role, target, extent) => {
  // A world of its own, as what is allowed may change it.
  const { call, handlerOf } = await apiWorld();
  const answer = await call(handlerOf(name), requestFor(name, target, principalWith(role)));
  expectDeclared(name, answer);
  const { method, route } = specOf(name);
  const isConnection = route.startsWith('connections/');
  if (extent === 'none') {
    expect(answer).toMatchObject({ status: 403, json: { title: 'Not allowed' } });
    expect(answer.text).toMatch(/the role (Contributor|Administrator)\./);
  } else if (extent === 'shared' && target === 'unshared') {
    expect(answer).toMatchObject(
      isConnection
        ? { status: 404, json: { title: 'Unknown connection' } }
        : { status: 403, json: { detail: expect.stringContaining('not shared with contributors') } },
    );
  } else {
    expect([401, 403]).not.toContain(answer.status);
    const makes = method === 'PUT';
    if (hasTarget(name) && !makes && answer.status !== 400 && answer.status !== 428)
      expect(answer.status === 404).toBe(target === 'missing');
  }
});

const everywhere = offered.flatMap((name) =>
  (['shared', 'missing'] as const).map((target) => [name, target] as const),
);

test.each(everywhere)('%s (%s): who is not known, or has no role, is told nothing', async (name, target) => {
  for (const [what, header] of unknownPrincipals) {
    const answer = await world.call(world.handlerOf(name), requestFor(name, target, header));
    expect(answer, what).toMatchObject({ status: 401, json: { title: 'Who calls?' } });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expectDeclared(name, answer);
  }
  for (const [what, header] of withoutRole) {
    const answer = await world.call(world.handlerOf(name), requestFor(name, target, header));
    expect(answer, what).toMatchObject({ status: 403, json: { title: 'No role' } });
    expectDeclared(name, answer);
  }
});

test('where authentication is off, an administrator by a forged header may do nothing', async () => {
  const off = await apiWorld({ authentication: { kind: 'entra', isOn: false } });
  for (const name of offered) {
    const request = requestFor(name, 'shared', principalWith('administrator'));
    const answer = await off.call(off.handlerOf(name), request);
    expect(answer, name).toMatchObject({ status: 403, json: { title: 'Authentication is off' } });
    expectDeclared(name, answer);
  }
});

test('with a key everything may be done, whatever the header says; without, nothing needs one', async () => {
  const keyed = await apiWorld({ authentication: { kind: 'key' } });
  expect(new Set(keyed.functions.map(({ authLevel }) => authLevel))).toEqual(new Set(['function']));
  expect(new Set(world.functions.map(({ authLevel }) => authLevel))).toEqual(new Set(['anonymous']));
  for (const name of offered) {
    const fresh = await apiWorld({ authentication: { kind: 'key' } });
    const answer = await fresh.call(
      fresh.handlerOf(name),
      requestFor(name, 'unshared', principalWith('viewer')),
    );
    expect([401, 403], name).not.toContain(answer.status);
    if (hasTarget(name)) expect(answer.status, name).not.toBe(404);
    expectDeclared(name, answer);
  }
});

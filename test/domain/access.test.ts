import { expect, test } from 'vitest';
import { access, leastRole, mayDo, roles } from '../../shared/domain/access.ts';
import { expectedAccess } from '../functions/expected-access.ts';

test('every cell of operation × role', () => {
  const cells = Object.entries(access).flatMap(([operation, of]) =>
    roles.map((role) => ({ operation, role, extent: of[role] })),
  );
  expect(cells).toEqual(expectedAccess);
});

test('what a role may do, the next one may do as far at least', () => {
  const extents = ['none', 'shared', 'all'];
  for (const of of Object.values(access)) {
    const [viewer = 0, contributor = 0, administrator = 0] = roles.map((role) => extents.indexOf(of[role]));
    expect([viewer <= contributor, contributor <= administrator, administrator]).toEqual([true, true, 2]);
  }
});

test.each(['remove-everything', 'toString', '__proto__', 'constructor', ''])(
  'nobody may do %j, which is no operation',
  (name) => {
    const fromOutside = JSON.parse(JSON.stringify(name));
    expect(roles.map((role) => mayDo(role, fromOutside))).toEqual(['none', 'none', 'none']);
  },
);

test('the least role that may do it', () => {
  expect([leastRole('runs'), leastRole('cancel'), leastRole('forget')]).toEqual(roles);
});

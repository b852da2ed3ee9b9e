import fc from 'fast-check';
import { expect, test } from 'vitest';
import { identify } from '../../functions/caller.ts';
import { keyHolder, roles } from '../../shared/domain/access.ts';
import { objectId, principalOf, principalWith, unknownPrincipals, withoutRole } from './principal.ts';

const on = { kind: 'entra', isOn: true } as const;

test.each(roles)('a person with the role %s', (role) => {
  expect(identify(on, principalWith(role))).toEqual({
    kind: 'known',
    caller: { actor: { id: objectId, name: null }, role },
  });
});

test('of several roles the highest counts', () => {
  expect(identify(on, principalWith('viewer', 'administrator', 'contributor'))).toMatchObject({
    caller: { role: 'administrator' },
  });
});

const id = { typ: 'oid', val: objectId };
const viewer = { typ: 'roles', val: 'Viewer' };
const renamed = 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role';
test.each([
  ['roles', { typ: 'roles', val: 'Viewer' }, {}],
  ['the name that the platform gives it', { typ: renamed, val: 'Viewer' }, {}],
  ['the name that is told', { typ: 'app_roles', val: 'Viewer' }, { role_typ: 'app_roles' }],
])('roles under %s', (_what, claim, more) => {
  expect(identify(on, principalOf([id, claim], more))).toMatchObject({ caller: { role: 'viewer' } });
});

test.each([
  [[{ typ: 'name', val: 'Ann Example' }], {}, 'Ann Example'],
  [[{ typ: 'upn', val: 'ann@example.com' }], { name_typ: 'upn' }, 'ann@example.com'],
  [[{ typ: 'name', val: 'a'.repeat(300) }], {}, 'a'.repeat(200)],
  [[{ typ: 'name', val: '' }], { name_typ: null }, null],
  [[], {}, null],
])('the name of %j %j', (claims, more, name) => {
  expect(identify(on, principalOf([id, viewer, ...claims], more))).toMatchObject({
    caller: { actor: { id: objectId, name } },
  });
});

test.each(unknownPrincipals)('nobody is known by %s', (_what, header) => {
  expect(identify(on, header ?? null)).toEqual({ kind: 'unknown' });
});

test.each(withoutRole)('known, but with %s', (_what, header) => {
  expect(identify(on, header)).toEqual({ kind: 'no-role' });
});

test('no header is believed where authentication is off', () => {
  for (const header of [principalWith('administrator'), null])
    expect(identify({ kind: 'entra', isOn: false }, header)).toEqual({ kind: 'authentication-off' });
});

test.each([principalWith('viewer'), 'text', null])(
  'with a key, the header is not even looked at (%#)',
  (header) => {
    expect(identify({ kind: 'key' }, header)).toEqual({ kind: 'known', caller: keyHolder });
  },
);

test('whatever the header is, it is answered, and makes nobody an administrator', () => {
  const bytes = fc.oneof(
    fc.string(),
    fc.json(),
    fc.anything().map((value) => `${JSON.stringify(value)}`),
  );
  fc.assert(
    fc.property(bytes, fc.boolean(), (text, isEncoded) => {
      const header = isEncoded ? Buffer.from(text).toString('base64') : text;
      expect(identify(on, header).kind).toBe('unknown');
    }),
    { numRuns: 2_000 },
  );
});

import type { Role } from '../../shared/domain/access.ts';

interface Claim {
  readonly typ: string;
  readonly val: string;
}

/** A person or an application as the platform tells of it, with what else it may tell. */
export const principalOf = (claims: readonly Claim[], more: object = {}): string =>
  Buffer.from(
    JSON.stringify({ auth_typ: 'aad', name_typ: 'name', role_typ: 'roles', claims, ...more }),
  ).toString('base64');

export const objectId = '00000000-0000-4000-8000-000000000001';
const appRoles: Readonly<Record<Role, string>> = {
  viewer: 'Viewer',
  contributor: 'Contributor',
  administrator: 'Administrator',
};

export const principalWith = (...roles: readonly Role[]): string =>
  principalOf([
    { typ: 'http://schemas.microsoft.com/identity/claims/objectidentifier', val: objectId },
    ...roles.map((role) => ({ typ: 'roles', val: appRoles[role] })),
  ]);

const admin = { typ: 'roles', val: 'Administrator' };
const id = { typ: 'oid', val: objectId };

/** Headers that name nobody: whoever wrote them. */
export const unknownPrincipals: readonly (readonly [what: string, header: string | undefined])[] = [
  ['none', undefined],
  ['an empty one', ''],
  ['text', 'Administrator'],
  ['JSON that is not encoded', JSON.stringify({ auth_typ: 'aad', claims: [id, admin] })],
  ['JSON that is cut', Buffer.from('{"auth_typ":"aad","claims":[').toString('base64')],
  ['null', Buffer.from('null').toString('base64')],
  ['two at once', `${principalOf([id])},${principalOf([id, admin])}`],
  ['no claims', Buffer.from('{"auth_typ":"aad"}').toString('base64')],
  ['claims that are none', principalOf([], { claims: 'Administrator' })],
  ['a claim without a value', principalOf([], { claims: [id, { typ: 'roles' }] })],
  ['no object id', principalOf([admin])],
  ['an empty object id', principalOf([{ typ: 'oid', val: '' }, admin])],
  ['an object id without end', principalOf([{ typ: 'oid', val: 'a'.repeat(101) }, admin])],
  ['another provider', principalOf([id, admin], { auth_typ: 'github' })],
  ['no provider', principalOf([id, admin], { auth_typ: undefined })],
];

/** People whom the platform knows, but who have none of the app's roles. */
export const withoutRole: readonly (readonly [what: string, header: string])[] = [
  ['no role', principalOf([id])],
  ['a role of another app', principalOf([id, { typ: 'roles', val: 'Owner' }])],
  ['a role in other letters', principalOf([id, { typ: 'roles', val: 'administrator' }])],
  ['two roles in one', principalOf([id, { typ: 'roles', val: 'Viewer,Administrator' }])],
  ['the role as a name', principalOf([id, { typ: 'name', val: 'Administrator' }])],
];
